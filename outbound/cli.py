"""The frame of the one command, `outbound`: finds the packages' subcommands, prints results and errors.

Every package brings its subcommands through the entry point group `outbound.commands`; only the one that is called
is imported, so that a command starts in the time of its own imports.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any

import click

from outbound.errors import OutboundError


class Commands(click.Group):
    """The subcommands that the installed packages bring."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(point.name for point in entry_points(group="outbound.commands"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for point in entry_points(group="outbound.commands", name=cmd_name):
            command: click.Command = point.load()
            return command
        return None


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def commands() -> None:
    """Bulk SMS for enterprises: campaign files in, messages over SMPP out, charges, invoices and SLA figures.

    A first account: `outbound apply --example > setup.yaml`, edit it, `outbound apply setup.yaml`,
    then `outbound drop FILE --account NAME`. Every command has --help.
    """


def main() -> None:
    """Runs the command line; an error that a person can act on is one line on stderr and exit status 1."""
    try:
        commands(prog_name="outbound")
    except OutboundError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)


def emit(data: Mapping[str, Any] | Sequence[Any], as_json: bool) -> None:
    """Prints a result: JSON for a program, aligned lines for a person."""
    if as_json:
        click.echo(json.dumps(data, default=str, ensure_ascii=False, indent=2))
    elif isinstance(data, Mapping):
        width = max((len(str(key)) for key in data), default=0)
        for key, value in data.items():
            click.echo(f"{key!s:<{width}}  {value}")
    else:
        table(data)


def table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows of equal keys as columns as wide as their content."""
    if not rows:
        click.echo("nothing")
        return
    heads = list(rows[0])
    cells = [["" if row[head] is None else str(row[head]) for head in heads] for row in rows]
    widths = [max(len(head), *(len(line[i]) for line in cells)) for i, head in enumerate(heads)]
    for line in [heads, *cells]:
        click.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())
