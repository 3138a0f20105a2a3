"""`outbound user` for people who are looked after in the portal: an account's by its own administrator, staff by a manager."""

from typing import Any

import click

from outbound.cli import emit
from reports.portal.visitor import CUSTOMERS, STAFF

_ACCOUNT = click.option("--account", metavar="NAME", help="Whose people; without it: staff.")
_ONLY = click.option("--account", metavar="NAME", help="Only one of its people, as its own administrator does it.")
_ROLE = click.Choice([*CUSTOMERS, *STAFF])


@click.command()
@click.argument("email")
@_ACCOUNT
@click.option("--name", help="Theirs, where they are new.")
@click.option("--role", type=_ROLE, default="customer", show_default=True, help="Where they are new.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def invite(email: str, account: str | None, name: str | None, role: str, as_json: bool) -> None:
    """Makes EMAIL one of the account's people, or staff, and prints the link with which they choose a password: it works once,
    for three days. Who is known already gets another link, and stays as they are.

    Staff agree to no act of the books that was proposed by who invited them.
    """
    from reports.portal import people

    made = people.invite(account, email, name, role)
    told: dict[str, Any] = {"email": made.email, "link": f"/invitation?token={made.token}", "ends_at": made.ends_at}
    emit(told, as_json)


@click.command()
@click.argument("email")
@click.argument("role", type=_ROLE)
@_ACCOUNT
def role(email: str, role: str, account: str | None) -> None:
    """Gives EMAIL another ROLE: customer makes campaigns, customer_approver approves those of others as well,
    customer_admin looks after the account's people as well; finance, manager and operator are staff's. The set-up file leaves
    them alone from then on.
    """
    from reports.portal import people

    people.set_role(account, email, role)
    click.echo(f"{email} is {role}")


@click.command("sign-out")
@click.argument("email")
@_ONLY
def sign_out(email: str, account: str | None) -> None:
    """Ends the visits of EMAIL in all browsers: they sign in again."""
    from reports.portal import people

    people.sign_out(account or people.account_of(email), email)
    click.echo(f"{email} is signed out everywhere")


@click.command("no-second-factor")
@click.argument("email")
@_ONLY
def no_second_factor(email: str, account: str | None) -> None:
    """EMAIL has lost the authenticator: a password is enough until a new one is set."""
    from reports.portal import people

    people.forget_second_factor(account or people.account_of(email), email)
    click.echo(f"{email} needs no code any more")
