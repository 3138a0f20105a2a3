"""How the commands of billing print a result: its figures as lines, its lists as tables, or all of it as JSON."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import click

from billing.telling import Speaker
from outbound.cli import emit, table


def show(result: Mapping[str, Any], as_json: bool, *, dry_run: bool = False) -> None:
    """Prints one result, the sentences that say it first; what a dry run says will happen is marked as such."""
    if as_json:
        emit(dict(result) | {"dry_run": dry_run}, True)
        return
    if dry_run:
        click.echo("dry run: nothing is changed; this is what would be")
    _say(result)
    currency = result.get("currency")
    emit(_read(result, currency), False)
    for key, rows in result.items():
        if isinstance(rows, list) and key != "says":
            click.echo(f"\n{key}")
            if all(isinstance(row, Mapping) for row in rows):
                table([_read(row, currency) for row in rows])
            else:
                click.echo("\n".join(str(row) for row in rows))


def show_rows(name: str, rows: Sequence[Mapping[str, Any]], as_json: bool, *, dry_run: bool = False) -> None:
    """Prints a list of equal rows, and before it what each of them says."""
    if as_json:
        emit({name: list(rows), "dry_run": dry_run}, True)
        return
    if dry_run:
        click.echo("dry run: nothing is changed; this is what would be")
    for row in rows:
        _say(row)
    table([_read(row, None) for row in rows])


def _say(result: Mapping[str, Any]) -> None:
    for sentence in result.get("says", ()):
        click.echo(sentence)


def _read(row: Mapping[str, Any], currency: str | None) -> dict[str, Any]:
    """What of a row fits on lines, as a person reads it; amounts are of its own currency, or of that of what it is part of."""
    speaker = Speaker(row.get("currency") or currency or "")
    return {key: _readable(key, value, speaker) for key, value in row.items() if not isinstance(value, list)}


def _readable(key: str, value: Any, speaker: Speaker) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal() if key.endswith("rate"):
            return speaker.price(value)
        case Decimal() if speaker.currency:
            return speaker.money(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S %z}"
        case _:
            return value
