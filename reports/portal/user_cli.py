"""`outbound user`: who may sign in to the portal. Who there is, and in which role, says the set-up file, or who looks after them."""

import secrets
from pathlib import Path
from typing import Any

import click
import psycopg

from outbound import audit, database
from outbound.cli import emit
from outbound.errors import OutboundError
from outbound.queries import load
from reports.portal import people_cli

Q = load("portal/door")
_ONLY = click.option(
    "--account", metavar="NAME", help="Only one of its people, as its own administrator does it; not oneself."
)


class UnknownPerson(OutboundError):
    """Nobody has that e-mail address: how to make somebody of it."""


@click.group(short_help="Who may sign in to the portal.")
def command() -> None:
    """Passwords of the people that the set-up file names: users of accounts, and staff."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True)
def every(as_json: bool) -> None:
    """Everybody, with role, account and whether they may sign in."""
    with database.connect("doorman") as connection:
        cursor = connection.execute(Q.people)
        heads = [column.name for column in cursor.description or ()]
        emit([dict(zip(heads, row, strict=True)) for row in cursor], as_json)


@command.command()
@click.argument("email")
@click.option(
    "--password-file", type=click.Path(path_type=Path, dir_okay=False), help="Its first line; - reads standard input."
)
@click.option("--generate", is_flag=True, help="Make one and print it.")
def password(email: str, password_file: Path | None, generate: bool) -> None:
    """Sets the password of EMAIL, who may sign in from then on. Their visits end."""
    from reports.portal import passwords

    if generate:
        chosen = secrets.token_urlsafe(15)
    elif password_file is not None:
        with click.open_file(str(password_file)) as source:
            chosen = source.readline().rstrip("\r\n")
    else:
        chosen = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with database.connect("doorman") as connection:
        person_id, account_id = _person(connection, email)
        connection.execute(Q.set_password, {"person": person_id, "password_hash": passwords.hashed(chosen)})
        connection.execute(Q.end_sessions, {"person": person_id, "token_hash": None})
        audit.record(connection, "user.password", account_id, email, {})
    click.echo(chosen if generate else f"{email} may sign in")


@command.command()
@click.argument("email")
@_ONLY
def deactivate(email: str, account: str | None) -> None:
    """EMAIL may not sign in any more; visits end at once."""
    click.echo(_set_active(email, account, active=False))


@command.command()
@click.argument("email")
@_ONLY
def activate(email: str, account: str | None) -> None:
    """EMAIL may sign in again, with the password they had."""
    click.echo(_set_active(email, account, active=True))


command.add_command(people_cli.invite)
command.add_command(people_cli.role)
command.add_command(people_cli.sign_out)
command.add_command(people_cli.no_second_factor)


def _set_active(email: str, account: str | None, *, active: bool) -> str:
    from reports.portal import people

    return people.set_active(account or people.account_of(email), email, active=active)


def _person(connection: psycopg.Connection, email: str) -> tuple[int, int | None]:
    """(person, account). Raises UnknownPerson."""
    found: Any = connection.execute(Q.person, {"email": email}).fetchone()
    if found is None:
        raise UnknownPerson(
            f"nobody is called {email}: add them to `users` of an account or to `staff` in the set-up file, and"
            " `outbound apply` it, or `outbound user invite` them"
        )
    return found[0], found[3]
