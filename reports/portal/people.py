"""People: invited by a link that works once, given a role, shut out and let in again.

Each in a transaction of the doorman's role, on record, and only within the account that is named; None: staff. Nobody does it to
themselves, and one manager who can sign in is always left.
"""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg
from sqlalchemy import Row

from outbound import audit, clock, database
from outbound.errors import OutboundError
from outbound.queries import load
from reports.portal import passwords
from reports.portal.doorman import token_hash
from reports.portal.reading import engine
from reports.portal.visitor import CUSTOMERS, STAFF

Q = load("portal/door")

HOURS = 72  # that an invitation works
LONGEST_NAME, LONGEST_EMAIL = 200, 320


class NotDone(OutboundError):
    """Nothing is changed: why, and what to do."""


class Invitation(NamedTuple):
    """token: of its link; nobody can read it again."""

    email: str
    token: str
    ends_at: datetime


class _Person(NamedTuple):
    """account_id: None of staff."""

    person_id: int
    email: str
    role: str
    account_id: int | None
    has_login: bool


def invite(account: str | None, email: str, name: str | None, role: str) -> Invitation:
    """Makes somebody one of the account's people, or staff; one of them whom it names already gets another link, as for a password
    that was forgotten, and stays as they are. Raises NotDone."""
    with database.connect("doorman") as connection:
        account_id = _account(connection, account)
        person = connection.execute(Q.person, {"email": email}).fetchone()
        if person is None:
            person_id = _add(connection, account_id, email.strip(), (name or "").strip(), role)
        elif person[3] != account_id:
            raise NotDone(f"{email} cannot be invited: the address is in use elsewhere, give another one")
        else:
            person_id = person[0]
            connection.execute(Q.let_in, {"person": person_id, "actor": audit.actor()})
        token = secrets.token_urlsafe(32)
        who = {"person": person_id, "actor": audit.actor()}
        connection.execute(Q.end_invitation, who)
        ends_at = clock.now() + timedelta(hours=HOURS)
        connection.execute(Q.invite, who | {"token_hash": token_hash(token), "ends_at": ends_at})
        audit.record(connection, "user.invite", account_id, email, {"role": role if person is None else person[2]})
    return Invitation(email, token, ends_at)


def set_role(account: str | None, email: str, role: str) -> None:
    """Raises NotDone; nobody changes their own."""
    with database.connect("doorman") as connection:
        person = _own(connection, account, email)
        _refuse_oneself(person)
        _refuse_role(account, role)
        if role != person.role:
            _refuse_last_manager(connection, person)
        connection.execute(Q.set_role, {"person": person.person_id, "role": role, "actor": audit.actor()})
        detail = {"from": person.role, "to": role}
        audit.record(connection, "user.role", person.account_id, person.email, detail)


def set_active(account: str | None, email: str, *, active: bool) -> str:
    """What became of them. Shutting out ends visits and links at once; who never came in is taken off the list. Raises NotDone."""
    with database.connect("doorman") as connection:
        person = _own(connection, account, email)
        _refuse_oneself(person)
        who = {"person": person.person_id, "active": active, "token_hash": None}
        if not person.has_login and active:
            raise NotDone(f"{person.email} has no password yet: invite them again")
        if not active:
            _refuse_last_manager(connection, person)
            connection.execute(Q.end_invitation, who)
            connection.execute(Q.end_sessions, who)
        if person.has_login:
            connection.execute(Q.set_active, who)
        elif not connection.execute(Q.remove_person, who).rowcount:
            raise NotDone(
                f"{person.email} stands in the set-up file, and cannot sign in: ask your contact to take them out"
            )
        audit.record(connection, "user.activate" if active else "user.deactivate", person.account_id, person.email, {})
    return f"{person.email} may sign in again" if active else f"{person.email} may not sign in any more"


def sign_out(account: str | None, email: str) -> None:
    """Ends their visits in all browsers. Raises NotDone."""
    with database.connect("doorman") as connection:
        person = _own(connection, account, email)
        connection.execute(Q.end_sessions, {"person": person.person_id, "token_hash": None})
        audit.record(connection, "user.sign_out", person.account_id, person.email, {})


def forget_second_factor(account: str | None, email: str) -> None:
    """Of whom has lost the authenticator: a password is enough until a new one is set. Raises NotDone."""
    with database.connect("doorman") as connection:
        person = _own(connection, account, email)
        _refuse_oneself(person)
        connection.execute(Q.set_totp, {"person": person.person_id, "secret": None})
        audit.record(connection, "user.no_second_factor", person.account_id, person.email, {})


def account_of(email: str) -> str | None:
    """The name of the account that they belong to; None of staff. Raises NotDone."""
    with database.connect("doorman") as connection:
        row = connection.execute(Q.account_of, {"email": email}).fetchone()
    if row is None:
        raise NotDone(f"nobody is called {email}: `outbound user list` shows everybody")
    return None if row[0] is None else str(row[0])


def invited(token: str) -> Row[tuple[int, str, str, int]] | None:
    """Whom a link is for; None where it is over, taken or none."""
    with engine("doorman").begin() as desk:
        return desk.exec_driver_sql(Q.invitation, {"token_hash": token_hash(token)}).first()


def accept(token: str, password: str) -> str:
    """Sets the password of whom the link is for, once: their e-mail address. An authenticator that was set stays. Raises NotDone,
    WeakPassword."""
    hashed = passwords.hashed(password)
    with engine("doorman").begin() as desk:
        person = desk.exec_driver_sql(Q.invitation, {"token_hash": token_hash(token)}).first()
        if person is None:
            raise NotDone("the link works no more: ask for another one")
        who = {"person": person.person_id, "password_hash": hashed, "token_hash": None}
        desk.exec_driver_sql(Q.end_invitation, who)
        desk.exec_driver_sql(Q.set_password, who)
        desk.exec_driver_sql(Q.end_sessions, who)
        deed = {"actor": person.email, "action": "user.accept", "account": person.account_id, "object": person.email}
        desk.exec_driver_sql(Q.note_deed, deed)
    return str(person.email)


def _account(connection: psycopg.Connection, name: str | None) -> int | None:
    if name is None:
        return None
    row = connection.execute(Q.account, {"account": name}).fetchone()
    if row is None:
        raise NotDone(f"there is no account named {name}")
    return int(row[0])


def _add(connection: psycopg.Connection, account_id: int | None, email: str, name: str, role: str) -> int:
    local, at, host = email.partition("@")
    if not (local and at and "." in host) or len(email) > LONGEST_EMAIL or not email.isprintable() or " " in email:
        raise NotDone(f"{email!r} is no e-mail address: write one like nadia@example.com")
    if not name or len(name) > LONGEST_NAME:
        raise NotDone(f"give the name of {email}, of at most {LONGEST_NAME} characters")
    _refuse_role(account_id, role)
    values = {"account": account_id, "email": email, "name": name, "role": role, "actor": audit.actor()}
    row = connection.execute(Q.add_person, values).fetchone()
    if row is None:
        raise NotDone(f"{email} cannot be invited: the address is in use elsewhere, give another one")
    return int(row[0])


def _own(connection: psycopg.Connection, account: str | None, email: str) -> _Person:
    row = connection.execute(Q.person, {"email": email}).fetchone()
    if row is None or row[3] != _account(connection, account):
        raise NotDone(f"nobody of {account or 'the staff'} is called {email}")
    return _Person(*row)


def _refuse_role(account: object, role: str) -> None:
    allowed, whose = (STAFF, "staff") if account is None else (CUSTOMERS, "a customer's people")
    if role not in allowed:
        raise NotDone(f"{role} is no role of {whose}: {', '.join(allowed)}")


def _refuse_last_manager(connection: psycopg.Connection, person: _Person) -> None:
    """So that somebody who looks after people can always sign in."""
    managers = [found for (found,) in connection.execute(Q.managers)]
    if managers == [person.person_id]:
        raise NotDone(f"{person.email} is the last manager who can sign in: let in another one first")


def _refuse_oneself(person: _Person) -> None:
    """So that an account always has somebody who looks after its people."""
    if person.email.lower() == audit.actor().lower():
        raise NotDone("you cannot change your own role, or shut yourself out: another administrator does")
