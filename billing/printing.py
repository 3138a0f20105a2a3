"""How the commands of billing print a result: its figures as lines, its lists as tables, or all of it as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from outbound.cli import emit, table


def show(result: Mapping[str, Any], as_json: bool, *, dry_run: bool = False) -> None:
    """Prints one result, the sentences that say it first; what a dry run says will happen is marked as such."""
    if as_json:
        emit(dict(result) | {"dry_run": dry_run}, True)
        return
    if dry_run:
        click.echo("dry run: nothing is changed; this is what would be")
    _say(result)
    emit({key: value for key, value in result.items() if not isinstance(value, list)}, False)
    for key, rows in result.items():
        if isinstance(rows, list) and key != "says":
            click.echo(f"\n{key}")
            table(rows)


def show_rows(name: str, rows: Sequence[Mapping[str, Any]], as_json: bool, *, dry_run: bool = False) -> None:
    """Prints a list of equal rows, and before it what each of them says."""
    if as_json:
        emit({name: list(rows), "dry_run": dry_run}, True)
        return
    if dry_run:
        click.echo("dry run: nothing is changed; this is what would be")
    for row in rows:
        _say(row)
    table([{key: value for key, value in row.items() if not isinstance(value, list)} for row in rows])


def _say(result: Mapping[str, Any]) -> None:
    for sentence in result.get("says", ()):
        click.echo(sentence)
