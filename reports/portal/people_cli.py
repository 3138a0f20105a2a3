"""`outbound user` for the people of one account, as its own administrator uses it in the portal."""

from typing import Any

import click

from outbound.cli import emit
from reports.portal.visitor import CUSTOMERS

_ACCOUNT = click.option("--account", required=True, metavar="NAME", help="Whose people.")
_ROLE = click.Choice(CUSTOMERS)


@click.command()
@click.argument("email")
@_ACCOUNT
@click.option("--name", help="Theirs, where they are new.")
@click.option("--role", type=_ROLE, default="customer", show_default=True, help="Where they are new.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def invite(email: str, account: str, name: str | None, role: str, as_json: bool) -> None:
    """Makes EMAIL one of the account's people, and prints the link with which they choose a password: it works once, for
    three days. Whom the account knows already gets another link, and stays as they are.
    """
    from reports.portal import people

    made = people.invite(account, email, name, role)
    told: dict[str, Any] = {"email": made.email, "link": f"/invitation?token={made.token}", "ends_at": made.ends_at}
    emit(told, as_json)


@click.command()
@click.argument("email")
@click.argument("role", type=_ROLE)
@_ACCOUNT
def role(email: str, role: str, account: str) -> None:
    """Gives EMAIL another ROLE: customer makes campaigns, customer_approver approves those of others as well,
    customer_admin looks after the account's people as well. The set-up file leaves them alone from then on.
    """
    from reports.portal import people

    people.set_role(account, email, role)
    click.echo(f"{email} is {role}")
