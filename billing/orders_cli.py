"""`outbound purchase`, `payment`, `grant`, `refund`, `reverse`: what a person records for an account."""

from datetime import datetime
from decimal import Decimal

import click

from billing.options import DECIMAL, INSTANT, account, as_json, dry_run
from billing.printing import show

_reason = click.option("--reason", required=True, help="Why; it stands in the audit trail.")
_id = click.option("--id", "key", metavar="ID", help="Its own id, unique in the account; else a new one.")


@click.command(short_help="Record a purchase of units and issue its invoice.")
@account
@click.option("--units", type=int, required=True, help="How many.")
@click.option("--rate", type=DECIMAL, metavar="RATE", help="The rate agreed on; else the card's, at the order's tier.")
@click.option("--zone", help="Whose card, where the account's cards differ by zone.")
@_id
@dry_run
@as_json
def purchase(
    account: str, units: int, rate: Decimal | None, zone: str | None, key: str | None, dry_run: bool, as_json: bool
) -> None:
    """Records a purchase as of now, valid for twelve months, and issues its tax invoice. Where the account's units come
    with their payment, it is an order until then: this says what its pro-forma comes to.

    A purchase of at least what remains extends all of it to its own last valid day and re-rates it to its own rate; a
    smaller one is a lot of its own. --dry-run says which, with dates and money.

    \b
    outbound purchase --account nile --units 5000 --rate 0.08 --dry-run
    """
    from billing import orders

    done = orders.purchase(account, units, rate=rate, zone=zone, key=key, dry_run=dry_run)
    show(done, as_json, dry_run=dry_run)


@click.command(short_help="Record a payment that came in, or that the bank took one back.")
@account
@click.option("--amount", type=DECIMAL, default="0", metavar="AMOUNT", help="In the account's currency.")
@click.option("--withheld", type=DECIMAL, default="0", metavar="AMOUNT", help="Tax withheld at source.")
@click.option("--certificate", metavar="NUMBER", help="The certificate of the tax withheld.")
@click.option("--invoice", metavar="NUMBER", help="The invoice or order that the payer named; else the oldest first.")
@click.option("--reference", help="The bank's.")
@click.option("--at", type=INSTANT, metavar="INSTANT", help="When it came in, or went: in an open month; default now.")
@click.option("--reverse", metavar="ID", help="A payment that the bank took back: all of it is undone.")
@click.option("--reason", help="Why it was taken back; with --reverse.")
@_id
@dry_run
@as_json
def payment(
    account: str,
    amount: Decimal,
    withheld: Decimal,
    certificate: str | None,
    invoice: str | None,
    reference: str | None,
    at: datetime | None,
    reverse: str | None,
    reason: str | None,
    key: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Records a payment: bank to receivable. Tax that the payer withheld settles too, with its certificate.

    What names an invoice settles it, the rest the oldest first; what is left stays on account. Where units come with
    their payment, the orders that it covers take effect.

    --reverse undoes a payment that bounced or was returned: what it settled is open again. Units that it activated
    stay, and are owed for.

    \b
    outbound payment --account delta --amount 12198.00 --invoice 2026-000041
    outbound payment --account delta --withheld 243.96 --certificate 41/2026/118 --invoice 2026-000041
    outbound payment --account delta --reverse PAY-17 --reason "cheque 4711 bounced"
    """
    from billing import payments, receivables

    if reverse is not None:
        if amount or withheld or certificate or invoice:
            raise click.UsageError("--reverse undoes all of a payment: leave amounts, --certificate and --invoice out")
        if not reason:
            raise click.UsageError("--reverse needs a --reason")
        undone = receivables.reverse_payment(
            account, reverse, reason, at=at, reference=reference, key=key, dry_run=dry_run
        )
        show(undone, as_json, dry_run=dry_run)
        return
    if reason:
        raise click.UsageError("--reason goes with --reverse")

    paid = payments.Payment(amount, withheld, certificate, invoice, reference)
    done = payments.payment(account, paid, at=at, key=key, dry_run=dry_run)
    show(done, as_json, dry_run=dry_run)


@click.command(short_help="Give goodwill units.")
@account
@click.option("--units", type=int, required=True, help="How many.")
@_reason
@_id
@dry_run
@as_json
def grant(account: str, units: int, reason: str, key: str | None, dry_run: bool, as_json: bool) -> None:
    """Gives units for nothing: a lot at rate zero, valid for twelve months. A recharge re-rates them with the rest."""
    from billing import adjustments

    show(adjustments.grant(account, units, reason, key=key, dry_run=dry_run), as_json, dry_run=dry_run)


@click.command(short_help="Take paid units back and credit their invoices.")
@account
@click.option("--units", type=int, required=True, help="How many.")
@_reason
@_id
@dry_run
@as_json
def refund(account: str, units: int, reason: str, key: str | None, dry_run: bool, as_json: bool) -> None:
    """Takes units back, latest expiry first, and credits the invoices of their purchases, newest first.

    Nobody is paid back more than was paid and not used: goodwill is worth nothing. Refused above the paid units and
    above what no campaign is promised.
    """
    from billing import adjustments

    show(adjustments.refund(account, units, reason, key=key, dry_run=dry_run), as_json, dry_run=dry_run)


@click.command(short_help="Give one usage back.")
@click.argument("usage")
@account
@_reason
@_id
@dry_run
@as_json
def reverse(usage: str, account: str, reason: str, key: str | None, dry_run: bool, as_json: bool) -> None:
    """Gives USAGE back to the lot it came from, or to the one that succeeded it. A usage is reversed once.

    USAGE is campaign:ordinal:segment of an accepted segment, or the id of a loaded usage.

    \b
    outbound reverse 17:4120:1 --account nile --reason "sent to the wrong list"
    """
    from billing import adjustments

    show(adjustments.reverse(account, usage, reason, key=key, dry_run=dry_run), as_json, dry_run=dry_run)
