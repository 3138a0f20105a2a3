"""`outbound build`: brings charges, ledger, drafts and SLA figures up to date."""

from datetime import UTC, datetime

import click

from outbound.cli import emit


@click.command(short_help="Bring charges, ledger, drafts and SLA figures up to date.")
@click.option(
    "--as-of",
    metavar="INSTANT",
    help="For this instant instead of now: ISO 8601, in the past or the future; without an offset it is UTC.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(as_of: str | None, as_json: bool) -> None:
    """Builds the marts (finance.*, operations.*) from the logs, and tests them.

    With --as-of, events after the instant are left out and expiries up to it have happened. That changes drafts and
    balances only: closed months and issued invoices never change, and the next build without it is for now again.

    \b
    outbound build
    outbound build --as-of 2027-03-16T00:00:00+02:00
    """
    from billing.build import build

    emit(build(_instant(as_of) if as_of else None), as_json)


def _instant(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is no instant: write it like 2027-03-16T00:00:00+02:00", param_hint="--as-of"
        ) from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)
