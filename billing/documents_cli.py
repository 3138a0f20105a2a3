"""`outbound close-month`, `issue`, `void`, `credit`, `reconcile`: from a month that is over to its documents."""

import sys
from decimal import Decimal
from typing import Any

import click

from billing.options import DECIMAL, as_json, dry_run, optional_account
from billing.printing import show, show_rows


@click.command(name="close-month", short_help="Freeze a month that is over, after building and checking it.")
@click.argument("month", metavar="YYYY-MM")
@optional_account
@click.option(
    "--with-earlier", is_flag=True, help="Close earlier open months first, oldest first, with the same build."
)
@dry_run
@as_json
def close_month(month: str, account: str | None, with_earlier: bool, dry_run: bool, as_json: bool) -> None:
    """Builds the marts, checks MONTH of every account (or of one) and freezes its figures. Nothing undoes that.

    Refused while the month is not over, an attempt of it is in doubt, something in it has no rate, the books do not
    agree, or an earlier month is open. Months that are closed already are left alone. Later usage of a closed month is
    charged in the first open one; everything else can be recorded in open months only.

    \b
    outbound close-month 2026-10
    outbound issue 2026-10
    """
    from billing import closing

    rows = closing.close(month, account=account, with_earlier=with_earlier, dry_run=dry_run)
    show_rows("closed", [_flat(row) for row in rows], as_json, dry_run=dry_run)


@click.command(short_help="Give a closed month's drafts their invoice numbers.")
@click.argument("month", metavar="YYYY-MM")
@optional_account
@click.option("--with-earlier", is_flag=True, help="Earlier months too, oldest first.")
@dry_run
@as_json
def issue(month: str, account: str | None, with_earlier: bool, dry_run: bool, as_json: bool) -> None:
    """Issues the invoices of MONTH, of every account or of one. What is issued already stays as it is.

    Numbers are gapless for the legal entity and the year of issue. An issued invoice never changes: on the day of its
    issue it can be void, later it is corrected by credit notes. Purchases are invoiced as they are recorded.
    """
    from billing import issuing

    rows = issuing.issue(month, account=account, with_earlier=with_earlier, dry_run=dry_run)
    show_rows("issued", rows, as_json, dry_run=dry_run)


@click.command(short_help="Void an invoice that was issued today and not delivered.")
@click.argument("invoice", metavar="NUMBER")
@click.option("--reason", required=True, help="Why; it is kept with the invoice.")
@click.option(
    "--undelivered", is_flag=True, hidden=True, expose_value=False, help="Needless: the record of deliveries says it."
)
@optional_account
@dry_run
@as_json
def void(invoice: str, reason: str, account: str | None, dry_run: bool, as_json: bool) -> None:
    """Voids invoice NUMBER on the day of its issue and rebuilds the marts. It keeps its number; what it billed is a draft again.

    A month's invoice that has gone to its customer (`outbound documents list`), or that is older, is corrected with
    `outbound credit`, a purchase's with `outbound refund`. A purchase whose invoice is void is still owed for: issue it again.

    \b
    outbound void 2026-000041 --reason "wrong VAT rate"
    """
    from billing import voiding

    show(voiding.void(invoice, reason, account=account, dry_run=dry_run), as_json, dry_run=dry_run)


@click.command(short_help="Credit an amount of an invoice's line.")
@click.argument("invoice", metavar="NUMBER")
@click.option("--line", default=1, show_default=True, help="The line of the invoice.")
@click.option("--net", type=DECIMAL, required=True, metavar="AMOUNT", help="How much of the line's net.")
@click.option("--reason", required=True, help="Why; it stands on the credit note.")
@click.option(
    "--class",
    "kind",
    type=click.Choice(["correction", "sla"]),
    default="correction",
    show_default=True,
    help="What it is; one for a missed SLA target is proposed first.",
)
@click.option("--draft", is_flag=True, help="Only propose it: somebody else approves it with `outbound credit-draft`.")
@optional_account
@dry_run
@as_json
def credit(
    invoice: str,
    line: int,
    net: Decimal,
    reason: str,
    kind: str,
    draft: bool,
    account: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Issues a credit note on a line of a month's invoice NUMBER, in a series of its own, or proposes one.

    The VAT is that of everything credited of the line so far, less what was credited of it before, so that a line that
    is credited in parts comes to its own VAT. A purchase's invoice is credited by `outbound refund`.
    """
    from billing import draft_credits, issuing

    if draft or kind == "sla":
        done = draft_credits.propose(invoice, line, net, reason, kind=kind, account=account, dry_run=dry_run)
    else:
        done = issuing.credit(invoice, line, net, reason, account=account, dry_run=dry_run)
    show(done, as_json, dry_run=dry_run)


@click.command(short_help="Do the books agree? If not: what exactly does not.")
@optional_account
@click.option("--no-build", is_flag=True, help="Judge the marts as they are instead of building them first.")
@as_json
def reconcile(account: str | None, no_build: bool, as_json: bool) -> None:
    """Compares the log, the charges, the ledger, the lots and the documents. Exit status 1 where anything disagrees.

    Segments accepted = segments charged = units in the ledger, for each account and day, and = segments on carriers'
    statements, of the days that those tell of, delivered as receipts say and at the agreed price; every entry balances;
    deferred revenue = what the open lots are worth; receivables = what is owed by what is recorded; live balances = the lots; issued documents are what their hashes
    were taken of, their numbers have no gap; every purchase has an invoice that stands; nothing is without a rate; closed
    months are what they were closed at.
    """
    from billing import reconciling

    found = reconciling.reconcile(account=account, build_first=not no_build)
    show(found, as_json)
    if not found["agrees"]:
        sys.exit(1)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Figures of prepaid and postpaid months in the same columns."""
    columns = ("currency", "net", "vat", "total", "closing", "rerate_value", "blended_value", "difference", "says")
    return {"account": row["account"], "month": row["month"]} | {column: row.get(column) for column in columns}
