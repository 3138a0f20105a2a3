"""`outbound payout`, `write-off`: money that goes back to a customer, and money that is given up."""

from datetime import datetime
from decimal import Decimal

import click

from billing.options import DECIMAL, INSTANT, account, as_json, dry_run
from billing.printing import show

_reason = click.option("--reason", required=True, help="Why; it stands in the books and in the audit trail.")
_at = click.option("--at", type=INSTANT, metavar="INSTANT", help="When it was: in an open month; default now.")
_id = click.option("--id", "key", metavar="ID", help="Its own id, unique in the account; else a new one.")


@click.command(short_help="Pay money on account back to a customer.")
@account
@click.option("--amount", type=DECIMAL, required=True, metavar="AMOUNT", help="In the account's currency.")
@_reason
@click.option("--reference", help="The bank's.")
@_at
@_id
@dry_run
@as_json
def payout(
    account: str,
    amount: Decimal,
    reason: str,
    reference: str | None,
    at: datetime | None,
    key: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Records that money on account was paid back: receivable to bank.

    At most what is on account beyond all that is owed and what waits for orders.

    \b
    outbound payout --account delta --amount 36.00 --reason "paid twice"
    """
    from billing import receivables

    done = receivables.payout(account, amount, reason, at=at, reference=reference, key=key, dry_run=dry_run)
    show(done, as_json, dry_run=dry_run)


@click.command(short_help="Give up a receivable that cannot be collected.")
@account
@click.option("--invoice", metavar="NUMBER", help="What is given up; else the oldest first.")
@click.option("--amount", type=DECIMAL, metavar="AMOUNT", help="With VAT; else all that is open of it.")
@_reason
@_at
@_id
@dry_run
@as_json
def write_off(
    account: str,
    invoice: str | None,
    amount: Decimal | None,
    reason: str,
    at: datetime | None,
    key: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Gives up what an account owes and will not pay: receivable to bad debts. The invoice and its VAT stay as issued.

    \b
    outbound write-off --account delta --invoice 2026-000041 --reason "insolvent, court file 17/2026"
    """
    from billing import receivables

    done = receivables.write_off(account, reason, amount=amount, invoice=invoice, at=at, key=key, dry_run=dry_run)
    show(done, as_json, dry_run=dry_run)
