"""Lets people in: who it is, how often somebody may guess, and how long a visit lasts."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection

from outbound.errors import OutboundError
from outbound.queries import load
from reports.portal import oidc, passwords
from reports.portal.oidc import NotVouchedFor
from reports.portal.reading import engine
from reports.portal.visitor import Visitor

Q = load("portal/door")

GUESSES_OF_NAME, GUESSES_FROM_ADDRESS, MINUTES = 5, 30, 15
VISIT_HOURS, IDLE_MINUTES = 12, 60
OIDC_MINUTES = 10


class NotLetIn(OutboundError):
    """Name, password or code are not right: which one is not said."""


class TooManyGuesses(OutboundError):
    """Somebody guesses: when to try again."""


def sign_in(email: str, password: str, code: str, address: str) -> str:
    """The token of a new visit. address: where the request comes from. Raises NotLetIn, TooManyGuesses."""
    who = {"email": email, "address": address}
    with _desk() as desk:
        row = desk.exec_driver_sql(Q.failures, who | {"minutes": MINUTES}).one()
        if row.by_name >= GUESSES_OF_NAME or row.by_address >= GUESSES_FROM_ADDRESS:
            raise TooManyGuesses(f"too many tries: wait {MINUTES} minutes and try again")
        person = _person(desk, email, password, code)
        desk.exec_driver_sql(Q.note_attempt, who | {"succeeded": person is not None})
        desk.exec_driver_sql(Q.forget_attempts)
        if person is not None:
            return _begun(desk, person)
    raise NotLetIn("name, password or code are not right")


def _person(desk: Connection, email: str, password: str, code: str) -> int | None:
    found = desk.exec_driver_sql(Q.login, {"email": email}).first()
    matches, newer = passwords.verified(password, found.password_hash if found else None)
    if found is None or not matches or not found.is_active:
        return None
    if found.totp_secret and not passwords.is_totp(found.totp_secret, code):
        return None
    if newer:
        desk.exec_driver_sql(Q.rehash, {"person": found.person_id, "password_hash": newer})
    return int(found.person_id)


def begin_oidc(token: str, asked: oidc.Request, where: str) -> None:
    """Remembers what the provider is asked, for the browser that holds the token. where: to go on to."""
    kept = {"nonce": asked.nonce, "code_verifier": asked.code_verifier, "next": where, "minutes": OIDC_MINUTES}
    with _desk() as desk:
        desk.exec_driver_sql(Q.forget_oidc)
        desk.exec_driver_sql(Q.begin_oidc, kept | {"state": token_hash(token)})


def take_oidc(token: str) -> tuple[oidc.Request, str]:
    """(what was asked, where to go on to), once. Raises NotVouchedFor where it is over."""
    with _desk() as desk:
        kept = desk.exec_driver_sql(Q.take_oidc, {"state": token_hash(token)}).first()
    if kept is None or not kept.is_in_time:
        raise NotVouchedFor("the browser came back too late, or twice")
    return oidc.Request("", kept.nonce, kept.code_verifier), kept.next


def let_in(email: str, address: str) -> str:
    """The token of a new visit of whom a provider vouches for: neither password nor code is asked for. Raises NotLetIn where
    nobody here who may sign in has that address."""
    with _desk() as desk:
        found = desk.exec_driver_sql(Q.login, {"email": email}).first()
        if found is None or not found.is_active:
            raise NotLetIn("nobody who may sign in has the e-mail address that the provider vouches for")
        desk.exec_driver_sql(Q.note_attempt, {"email": email, "address": address, "succeeded": True})
        return _begun(desk, found.person_id)


def _begun(desk: Connection, person: int) -> str:
    token = secrets.token_urlsafe(32)
    begun = {"token_hash": token_hash(token), "person": person, "hours": VISIT_HOURS}
    desk.exec_driver_sql(Q.begin_session, begun)
    return token


def visitor(token: str) -> Visitor | None:
    """Who visits with this token; None where the visit is over, was idle for too long, or never was."""
    hashed = token_hash(token)
    with _desk() as desk:
        row = desk.exec_driver_sql(Q.visitor, {"token_hash": hashed, "idle_minutes": IDLE_MINUTES}).mappings().first()
        if row is None:
            return None
        told = dict(row)
        if told.pop("is_stale"):
            desk.exec_driver_sql(Q.note_visit, {"token_hash": hashed})
    return Visitor(**told, token_hash=hashed)


def sign_out(guest: Visitor) -> None:
    _do(Q.end_session, {"token_hash": guest.token_hash})


def prefer(guest: Visitor, language: str, theme: str) -> None:
    _do(Q.prefer, {"person": guest.person_id, "language": language, "theme": theme})


def change_password(guest: Visitor, old: str, new: str) -> None:
    """Ends the person's other visits. Raises NotLetIn where the old one is wrong, WeakPassword."""
    with _desk() as desk:
        found = desk.exec_driver_sql(Q.login, {"email": guest.email}).one()
        if not passwords.verified(old, found.password_hash)[0]:
            raise NotLetIn("the present password is not right: nothing is changed")
        desk.exec_driver_sql(Q.set_password, {"person": guest.person_id, "password_hash": passwords.hashed(new)})
        desk.exec_driver_sql(Q.end_sessions, {"person": guest.person_id, "token_hash": guest.token_hash})


def unwanted_notices(guest: Visitor) -> list[str]:
    """Kinds of notices that the person wants no e-mail of."""
    with _desk() as desk:
        return list(desk.exec_driver_sql(Q.unwanted_notices, {"person": guest.person_id}).scalar_one())


def choose_notices(guest: Visitor, unwanted: Sequence[str]) -> None:
    _do(Q.choose_notices, {"person": guest.person_id, "unwanted": list(unwanted)})


def begin_second_factor(guest: Visitor, secret: str, code: str) -> None:
    """A code of it is asked for from now on. Raises NotLetIn where this one is not the secret's."""
    if guest.has_totp or not passwords.is_totp(secret, code):
        raise NotLetIn("that is not the code of this key: nothing is changed")
    _do(Q.set_totp, {"person": guest.person_id, "secret": secret})


def end_second_factor(guest: Visitor, code: str) -> None:
    """A password is enough again. Raises NotLetIn where the code is wrong."""
    with _desk() as desk:
        found = desk.exec_driver_sql(Q.login, {"email": guest.email}).one()
        if not found.totp_secret or not passwords.is_totp(found.totp_secret, code):
            raise NotLetIn("that is not the code of the authenticator: nothing is changed")
        desk.exec_driver_sql(Q.set_totp, {"person": guest.person_id, "secret": None})


def people() -> list[dict[str, Any]]:
    """Everybody: person_id, name, email, role, account (null: staff), state, factor (set, not set), last_visit."""
    with _desk() as desk:
        found = [dict(row) for row in desk.exec_driver_sql(Q.people).mappings()]
    return [row | {"factor": "set" if row["second_factor"] else "not set"} for row in found]


def accounts() -> list[str]:
    """The names of all of them."""
    with _desk() as desk:
        return list(desk.exec_driver_sql(Q.accounts).scalars())


def note_unmasking(guest: Visitor, account_id: int, what: str, reason: str) -> None:
    """Written before the number is shown."""
    _do(Q.note_unmasking, {"actor": guest.email, "account": account_id, "object": what, "reason": reason})


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _desk() -> AbstractContextManager[Connection]:
    """A transaction of the role that alone reads who may sign in."""
    return engine("doorman").begin()


def _do(query: str, values: Mapping[str, object]) -> None:
    with _desk() as desk:
        desk.exec_driver_sql(query, dict(values))
