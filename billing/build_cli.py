"""`outbound build`: brings charges, ledger, drafts and SLA figures up to date."""

from datetime import datetime

import click

from billing.options import INSTANT, as_json
from outbound.cli import emit


@click.command(short_help="Bring charges, ledger, drafts and SLA figures up to date.")
@click.option(
    "--as-of",
    type=INSTANT,
    metavar="INSTANT",
    help="For this instant instead of now: ISO 8601, in the past or the future; without an offset it is UTC.",
)
@as_json
def command(as_of: datetime | None, as_json: bool) -> None:
    """Builds the marts (finance.*, operations.*) from the logs, and tests them.

    With --as-of, events after the instant are left out and expiries up to it have happened. That changes drafts and
    balances only: closed months and issued invoices never change, and the next build without it is for now again.

    \b
    outbound build
    outbound build --as-of 2027-03-16T00:00:00+02:00
    """
    from billing.build import build

    emit(build(as_of), as_json)
