"""The frame of the one command, `outbound`: finds the packages' subcommands, prints results and errors.

Every package brings its subcommands through the entry point group `outbound.commands`; only the one that is called
is imported, so that a command starts in the time of its own imports.
"""

import difflib
import errno
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import entry_points
from typing import Any

import click

from outbound.commands import GROUPS
from outbound.errors import OutboundError

# what a person has to see to where a path is
_PATHS = frozenset(
    {
        errno.ENOENT,
        errno.EACCES,
        errno.EPERM,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.EEXIST,
        errno.EROFS,
        errno.ENAMETOOLONG,
    }
)


class _Instant(click.ParamType[datetime]):
    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            read = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no instant: write it like 2027-03-16T00:00:00+02:00", param, ctx)
        return read if read.tzinfo else read.replace(tzinfo=UTC)


INSTANT = _Instant()


class Commands(click.Group):
    """The subcommands that the installed packages bring."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(point.name for point in entry_points(group="outbound.commands"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for point in entry_points(group="outbound.commands", name=cmd_name):
            command: click.Command = point.load()
            return command
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """By what a person wants to do. A command that has no line here is imported for its own."""
        rest = dict.fromkeys(self.list_commands(ctx), "")
        for heading, lines in GROUPS.items():
            rows = [(name, line) for name, line in lines.items() if rest.pop(name, None) is not None]
            self._section(formatter, heading, rows)
        found = {name: self.get_command(ctx, name) for name in rest}
        self._section(formatter, "More", [(name, one.get_short_help_str()) for name, one in found.items() if one])

    @staticmethod
    def _section(formatter: click.HelpFormatter, heading: str, rows: list[tuple[str, str]]) -> None:
        if rows:
            with formatter.section(heading):
                formatter.write_dl([(f"{name:<11}", line) for name, line in rows])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """An unknown name gets the one that it is likely to mean."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], known, n=1)
            hint = f"did you mean {close[0]}?" if close else "`outbound --help` lists them."
            ctx.fail(f"there is no command {args[0]}: {hint}")
        return super().resolve_command(ctx, args)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def commands() -> None:
    """Bulk SMS for enterprises: campaign files in, messages over SMPP out, charges, invoices and SLA figures.

    \b
    A first account:
      outbound apply --example > setup.yaml     then edit it
      outbound apply setup.yaml
      outbound drop FILE --account NAME         or: outbound ingest FILE --account NAME
    Every command explains itself with --help. `make demo` shows all of it on a simulated carrier.
    """


def main() -> None:
    """Runs the command line; an error that a person can act on is told on stderr, with exit status 1."""
    try:
        commands(prog_name="outbound")
    except OutboundError as error:
        _fail(str(error))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            _fail(
                f"no space is left for {error.filename or 'what was to be written'}: free some and repeat the command"
            )
        if error.filename is None or error.errno not in _PATHS:
            raise
        _fail(f"cannot use {error.filename}: {error.strerror}; correct the path or what it permits")


def _fail(message: str) -> None:
    click.echo(f"error: {message}", err=True)
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
    cells = [[_printable(row[head]) for head in heads] for row in rows]
    widths = [max(len(head), *(len(line[i]) for line in cells)) for i, head in enumerate(heads)]
    for line in [heads, *cells]:
        click.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())


def _printable(value: Any) -> str:
    """A name that somebody else chose must not steer a terminal or break a line."""
    text = "" if value is None else str(value)
    return "".join(character if character.isprintable() else "�" for character in text)
