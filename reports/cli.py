"""`outbound export` and `outbound status`: tables to take away, and the platform at a glance."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from outbound.cli import emit, table


@click.command(short_help="Write a table as CSV, XLSX or JSON.")
@click.argument("name", metavar="TABLE", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "excel-csv", "xlsx", "json"]),
    help="Default: what the file's name ends with, else csv. excel-csv: with the mark by which Excel knows UTF-8.",
)
@click.option("--account", metavar="NAME", help="Rows of this account only.")
@click.option("--month", metavar="YYYY-MM", help="Rows of this local month of the account only.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Default: standard output.")
@click.option("--list", "listing", is_flag=True, help="Say which tables there are.")
@click.option("--json", "as_json", is_flag=True, help="With --list: as JSON; else short for --format json.")
def export(
    name: str | None,
    form: str | None,
    account: str | None,
    month: str | None,
    output: Path | None,
    listing: bool,
    as_json: bool,
) -> None:
    """Writes TABLE with a heading. Numbers of subscribers are complete: this is the operator's view.

    The finance and operations tables are as `outbound build` made them last; months of operations.sla whose 72 hours
    are over are as they were frozen. Instants are UTC, amounts are exact.

    \b
    outbound export --list
    outbound export finance.invoice_lines --month 2026-10
    outbound export dispatch.submissions --account nile -o nile.xlsx
    """
    if listing:
        _list(as_json)
        return
    if name is None:
        raise click.UsageError("name a table; `outbound export --list` says which there are")
    if month is not None and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise click.BadParameter(f"{month!r} is no month: write it like 2026-10", param_hint="--month")
    from reports.export import WRITERS
    from reports.export import export as write

    suffix = output.suffix.lstrip(".").lower() if output else ""
    chosen = form or ("json" if as_json else suffix if suffix in WRITERS else "csv")
    if output is None:
        if chosen == "xlsx" and sys.stdout.isatty():
            raise click.UsageError("a workbook is no text: give it a file with -o FILE")
        write(name, sys.stdout.buffer, chosen, account, month)
        sys.stdout.buffer.flush()
    else:
        count = write(name, output, chosen, account, month)
        click.echo(f"{count} rows in {output}", err=True)


def _list(as_json: bool) -> None:
    from outbound import database
    from reports import catalogue

    with database.connect("operator") as connection:
        found = [{"table": name, "what": what} for name, what in catalogue.available(connection).items()]
    emit(found, as_json)


@click.command(short_help="What runs, what waits, what is held and what releases it.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def status(as_json: bool) -> None:
    """Shows the database, dispatch workers, connectors and the last build; files and campaigns under way; what is held,
    why, and what releases it; attempts whose end is not known; and what of the money waits for somebody: approvals, bank
    lines, orders, credit drafts, documents, notices, months and what has no rate.

    \b
    in doubt   the answer was lost: a receipt or `outbound statement load` settles it, else its time limit
    unknown    no proof came in time: reported, and not charged
    """
    from reports.status import status as ask

    found = ask()
    if as_json:
        emit(found, as_json=True)
        return
    build = found["build"]
    click.echo(f"database    {found['database']}")
    click.echo(f"last build  {_told(build)}")
    _section("DISPATCH WORKERS", found["workers"], "none runs: `outbound dispatch`, or `outbound up` for everything")
    _section("CONNECTORS", found["connectors"], "none is set up: `outbound apply`")
    _section("FILES NOT ANSWERED YET", found["files"], "none")
    _section("CAMPAIGNS UNDER WAY (segments)", found["campaigns"], "none")
    _section("HELD", found["held"], "none")
    _section("HELD FILES, NOT LOADED", found["held_files"], "none")
    _section("ANSWER LOST (attempts)", found["in_doubt"], "none")
    _section("RECEIPTS WITHOUT AN ATTEMPT", found["unmatched_receipts"], "none")
    _section("MONEY THAT WAITS FOR SOMEBODY", found["money"], "none")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def sla(as_json: bool) -> None:
    """Freezes the SLA figures of every month that is over for 72 hours, and puts each account's into its results/ folder, as
    CSV and as a PDF in the language of its documents.

    A frozen figure never changes; what is frozen and delivered is left alone. Build the marts first: `outbound build`.
    """
    from reports.sla_report import write_due

    emit({"months": write_due()}, as_json)


def _told(build: dict[str, Any] | None) -> str:
    if build is None:
        return "none yet: `outbound build`"
    ended = build["finished_at"] or build["started_at"]
    return f"{build['outcome']} at {ended:%Y-%m-%d %H:%M:%S} UTC, as of {build['as_of']:%Y-%m-%d %H:%M:%S} UTC"


def _section(heading: str, rows: Sequence[dict[str, Any]], nothing: str) -> None:
    click.echo(f"\n{heading}")
    if rows:
        table([{key: _short(value) for key, value in row.items()} for row in rows])
    else:
        click.echo(nothing)


def _short(value: Any) -> Any:
    return f"{value:%Y-%m-%d %H:%M:%S}" if hasattr(value, "strftime") else value
