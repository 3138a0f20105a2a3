"""`outbound apply`: who sends, on which terms, over which carriers."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from outbound.cli import emit

if TYPE_CHECKING:
    from outbound.setup.difference import Change

EXAMPLE = Path(__file__).with_name("example.yaml")


@click.command(short_help="Set up accounts, prices, networks and carriers from a file.")
@click.argument("file", type=click.Path(path_type=Path), metavar="SETUP.yaml", required=False)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--example", is_flag=True, help="Print a complete set-up that explains every key.")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
def command(file: Path | None, dry_run: bool, example: bool, as_json: bool) -> None:
    """Makes the platform be what SETUP.yaml says, and says what that changed. Applied again it changes nothing.

    All of it or nothing: every mistake is named with its line and what to do, and then nothing is changed. A list that
    the file leaves out stays as it is; one that is there is all there is. An account that the file leaves out stays as
    it is; a connector is disabled. Closed months keep the terms and prices that they were closed with.

    \b
    outbound apply --example > setup.yaml     a first one, with every key explained
    outbound apply setup.yaml --dry-run
    outbound apply setup.yaml
    """
    if example:
        click.echo(EXAMPLE.read_text(), nl=False)
        return
    if file is None:
        raise click.UsageError("give the set-up file, or --example for a first one")
    from outbound.setup.apply import apply

    changes = apply(file, dry_run=dry_run)
    if as_json:
        emit({"dry_run": dry_run, "changes": told(changes)}, as_json=True)
    else:
        print_changes(changes, dry_run)


def print_changes(changes: Sequence[tuple[str | None, "Change"]], dry_run: bool = False) -> None:
    """(account or None, change), for people."""
    _print(told(changes), dry_run)


def told(changes: Sequence[tuple[str | None, "Change"]]) -> list[dict[str, Any]]:
    """(account or None, change), for programs."""
    return [
        {
            "change": change.verb,
            "kind": change.kind.name,
            "account": account,
            "name": " ".join(str(part) for part in change.key),
            "fields": change.fields,
        }
        for account, change in changes
    ]


def _print(lines: Sequence[dict[str, Any]], dry_run: bool) -> None:
    if not lines:
        click.echo("nothing changed" if not dry_run else "nothing would change")
        return
    for one in lines:
        subject = f"{one['account']}: {one['kind']}" if one["account"] and one["kind"] != "account" else one["kind"]
        click.echo(f"{one['change']:<8} {subject} {one['name']}{_fields(one)}")
    counts = Counter((one["change"], one["kind"]) for one in lines)
    said = ", ".join(f"{count} {kind}{'s' if count > 1 else ''} {verb}" for (verb, kind), count in counts.items())
    click.echo(f"{said}{' (dry run: nothing was changed)' if dry_run else ''}")


def _fields(one: dict[str, Any]) -> str:
    from outbound.setup.difference import shown

    if one["change"] == "changed":
        changed = [
            f"{name} changed" if before == after else f"{name} {shown(before)} -> {shown(after)}"
            for name, (before, after) in one["fields"].items()
        ]
        return f": {', '.join(changed)}"
    if "rate" in one["fields"] and one["kind"] != "connector" and one["change"] == "added":
        return f": {shown(one['fields']['rate'][1])}"
    return ""
