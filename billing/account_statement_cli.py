"""`outbound statement-of-account`: what an account owed, for a person or a program."""

from datetime import date, datetime

import click

from billing.options import account, as_json
from billing.printing import show

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command(name="statement-of-account", short_help="What an account owed, line by line.")
@account
@click.option("--month", metavar="YYYY-MM", help="A local month.")
@click.option("--from", "first", type=_DAY, metavar="DAY", help="First local day; default: from the beginning.")
@click.option("--to", "last", type=_DAY, metavar="DAY", help="Last local day; default: up to the build.")
@as_json
def command(account: str, month: str | None, first: datetime | None, last: datetime | None, as_json: bool) -> None:
    """Shows an account's statement: the balance it began with, each document and payment with the balance after it, and
    what is open by how long it is overdue. Figures are those of the last `outbound build`; a negative balance is money
    on account.

    \b
    outbound statement-of-account --account delta --month 2026-10
    """
    from billing import account_statement

    if month and (first or last):
        raise click.UsageError("--month is a period already: leave out --from and --to")
    days: tuple[date | None, date | None] = (
        account_statement.month_days(month) if month else (first and first.date(), last and last.date())
    )
    show(account_statement.statement(account, *days), as_json)
