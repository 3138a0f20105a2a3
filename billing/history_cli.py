"""`outbound history load`: a migrating account's past."""

from pathlib import Path

import click

from billing.printing import show


@click.group(name="history", short_help="Load an account's past: openings, purchases, payments, usage.")
def command() -> None:
    """The past of accounts that come from another system."""


@command.command(short_help="Load a file of JSON lines, all of it or nothing.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--account", metavar="A", help="Whose records these are, where they do not name their account.")
@click.option("--dry-run", is_flag=True, help="Check everything and load nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def load(file: Path, account: str | None, dry_run: bool, as_json: bool) -> None:
    """Loads FILE, one JSON object a line, each with "type", "id", "at", and "account" unless --account names it.

    \b
    {"type": "opening", "id": "start", "at": "2026-01-01T00:00:00+02:00", "receivable": "250.00",
     "next_invoice_number": 501, "lots": [{"units": 1000, "rate": "0.10", "carrying_value": "100.00",
     "last_valid_day": "2026-07-31", "opened_at": "2025-08-01T09:00:00+03:00"}]}       (on one line)
    {"type": "purchase", "id": "PO-1", "at": "2026-03-15T10:00:00+02:00", "units": 10000, "rate": "0.10"}
    {"type": "payment", "id": "PAY-1", "at": "2026-04-01T12:00:00+02:00", "amount": "1140.00"}
    {"type": "payment", "id": "PAY-2", "at": "2026-04-01T12:00:00+02:00", "amount": "1116.00", "withheld": "24.00",
     "certificate": "41/2026/118"}                                                     (on one line)
    {"type": "grant", "id": "G-1", "at": "2026-04-02T12:00:00+02:00", "units": 500, "reason": "outage"}
    {"type": "refund", "id": "R-1", "at": "2026-04-03T12:00:00+02:00", "units": 200}
    {"type": "usage", "id": "U-1", "at": "2026-05-01T09:00:00+03:00", "units": 6000, "zone": "EG"}
    {"type": "reversal", "id": "RV-1", "at": "2026-05-02T09:00:00+03:00", "usage_id": "U-1"}

    A purchase without a rate pays that of the account's card on its local day, at the tier of its units; "zone" says
    which card, where they differ. An instant without an offset is UTC; it may lie in the future. Ids are unique within
    an account: a record that is there already is left out, so that a file can be loaded again. Purchases and payments
    of the past have no invoice of ours. Only usage may lie in a month that is closed: it is charged late. Once the
    account works here (sends, buys, pays, is invoiced) only usage can be loaded. Where the legal entity says
    `approvals: two_people`, a second person loads the same file, unless it is usage and payments only.

    An opening is where an account's books begin: nothing of it lies before, its lots are worth their units at their
    rate and sum to "deferred_revenue" where that is given, none has lapsed by then.

    Afterwards `outbound build` brings balances, ledger and drafts up to date.
    """
    from billing import history

    show(history.load(file, account=account, dry_run=dry_run), as_json, dry_run=dry_run)
