"""`outbound journal`: a closed month's ledger for the accounting system."""

from pathlib import Path

import click

from billing.options import as_json
from billing.printing import show


@click.command(short_help="Write a closed month's ledger for the accounting system.")
@click.argument("month", metavar="YYYY-MM")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", required=True, help="A CSV file.")
@click.option("--entity", metavar="NAME", help="The legal entity, where there is more than one.")
@as_json
def command(month: str, output: Path, entity: str | None, as_json: bool) -> None:
    """Writes every ledger entry of MONTH with its journal number, in the codes that `chart_of_accounts` of the set-up gives.

    Debits are credits, entry by entry, or nothing is written. Of a closed month the file is the same each time. Numbers are
    gapless and follow from the entries: by instant, account and entry.

    \b
    outbound journal 2026-10 -o journal-2026-10.csv
    """
    from billing.documents import journal

    show(journal.write(month, output, entity=entity), as_json)
