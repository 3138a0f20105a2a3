"""`outbound order`: orders of units that wait for their payment."""

import click

from billing.options import account, as_json, dry_run, optional_account
from billing.printing import show, show_rows


@click.group(name="order", short_help="Orders that wait for their payment.")
def command() -> None:
    """Orders of accounts whose units come with their payment (activation: payment). `outbound purchase` places them."""


@command.command(name="list", short_help="Which orders wait, and what is paid of them.")
@optional_account
@as_json
def list_(account: str | None, as_json: bool) -> None:
    """Lists the orders that wait, oldest first; total is what the pro-forma said on the day of the order."""
    from billing import waiting_orders

    show_rows("orders", waiting_orders.waiting(account), as_json)


@command.command(short_help="Give up an order that nobody paid.")
@click.argument("order")
@account
@click.option("--reason", required=True, help="Why; it stands in the audit trail.")
@dry_run
@as_json
def cancel(order: str, account: str, reason: str, dry_run: bool, as_json: bool) -> None:
    """Gives ORDER up. What was paid in its name is on account, for invoices and other orders."""
    from billing import waiting_orders

    show(waiting_orders.cancel(account, order, reason, dry_run=dry_run), as_json, dry_run=dry_run)
