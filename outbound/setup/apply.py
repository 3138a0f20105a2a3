"""Makes the database say what a set-up file says: all of it or nothing, in one transaction."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import class_row

from outbound import audit, database, queries
from outbound.landing import address, opening
from outbound.setup import costing, guards, tables
from outbound.setup.difference import Change, difference, existing, write
from outbound.setup.document import Document, Problem, read
from outbound.setup.model import Account, Setup
from outbound.setup.reading import landing_of, refusal, understand

ENTITIES = queries.load("setup/entities")
GUARDS = queries.load("setup/guards")


def apply(path: Path, *, dry_run: bool = False) -> list[tuple[str | None, Change]]:
    """(account or None, change) for everything that was changed, or would be. Raises WrongSetup, Unreadable."""
    document = read(path)
    setup = understand(document)
    with database.connect("operator") as connection:
        changes = _applied(connection, document, setup, path.absolute().parent)
        if dry_run:
            connection.rollback()
        else:
            connection.execute(GUARDS.wake)
            for account in setup.accounts:
                make_folders(account)
    return changes


def make_folders(account: Account) -> None:
    """What a landing zone consists of (INTAKE). One that lies elsewhere gets it when it is first looked at."""
    if opening.is_local(landing_of(account)):
        with opening.open_zone(account.name, landing_of(account)) as zone:
            zone.prepare()


def _applied(
    connection: psycopg.Connection, document: Document, setup: Setup, beside: Path
) -> list[tuple[str | None, Change]]:
    connection.execute(GUARDS.lock)
    changes = _apply_entity(connection, setup)
    for kind, wanted in tables.shared(setup, beside):
        kept = tables.without(wanted, _managed(connection, None)) if kind is tables.STAFF else wanted
        found = difference(kind, existing(connection, kind), kept)
        write(connection, found)
        changes += found
    _record(connection, None, None, changes)
    changes += _apply_buy_rates(connection, setup)
    told: list[tuple[str | None, Change]] = [(None, change) for change in changes]
    (entity_id,) = _row(connection, ENTITIES.entity_id, {"name": setup.legal_entity.name})
    problems = list(_taken(connection, setup))
    for n, account in enumerate(setup.accounts):
        step = _AccountStep(connection, setup, account, entity_id)
        own = [Problem(("accounts", n, *place), message) for place, message in step.faults()]
        problems += own
        if not problems:
            told += [(account.name, change) for change in step.write()]
    if problems:
        raise refusal(document, problems)
    return told


def _managed(connection: psycopg.Connection, account: str | None) -> list[str]:
    """Addresses of the account's people whom somebody looks after in the portal; None: of staff."""
    return [email for (email,) in connection.execute(GUARDS.managed, {"account": account})]


def _apply_entity(connection: psycopg.Connection, setup: Setup) -> list[Change]:
    wanted = tables.entity(setup)
    row = connection.execute(ENTITIES.entity, setup.legal_entity.model_dump()).fetchone()
    renamed = []
    if row is not None and row[1] != setup.legal_entity.name:
        names = {"name": row[1]}, {"name": setup.legal_entity.name}
        renamed = [Change("changed", tables.ENTITY, (row[1],), *names)]
        connection.execute(ENTITIES.rename, {"entity": row[0], "name": setup.legal_entity.name})
    found = difference(tables.ENTITY, existing(connection, tables.ENTITY), wanted)
    write(connection, found)
    return renamed + found


def _apply_buy_rates(connection: psycopg.Connection, setup: Setup) -> list[Change]:
    """What the connectors cost, each under its own name."""
    changes: list[Change] = []
    for connector in setup.connectors or []:
        if connector.buy_rates is not None:
            found = costing.change(connection, connector.name, tables.buy_rates(connector.buy_rates))
            _record(connection, None, connector.name, found)
            changes += found
    return changes


class _AccountStep:
    """One account of the file against what the database says of it."""

    def __init__(self, connection: psycopg.Connection, setup: Setup, account: Account, entity_id: int) -> None:
        self._connection = connection
        self._account = account
        self._past = self._look_back()
        owner = self._past.account_id if self._past else None
        self._row = difference(
            tables.ACCOUNT, existing(connection, tables.ACCOUNT), tables.account_row(account, setup, entity_id)
        )
        self._terms_before = existing(connection, tables.TERM, owner)
        self._terms_wanted = tables.terms(account)
        self._terms = difference(tables.TERM, self._terms_before, self._terms_wanted)
        managed = _managed(connection, account.name)
        self._lists = {
            kind: difference(
                kind,
                existing(connection, kind, owner),
                tables.without(wanted, managed) if kind is tables.USER else wanted,
            )
            for kind, wanted in tables.of_account(account)
        }

    def faults(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """What of the account's past does not allow it, with the place in the account."""
        if self._past is None:
            return
        if self._reaches_back(self._past.today):
            # a close that is under way has read the terms and prices of before: what it closes counts
            self._connection.execute(GUARDS.wait_for_build)
            self._past = self._look_back() or self._past
        for key, message in guards.calendar_faults(self._row, self._past):
            yield (key,), message
        places = {change.since: ("terms", n) for n, change in enumerate(self._account.terms)}
        for day, message in guards.term_faults(
            self._terms, self._terms_before, self._terms_wanted, self._past, self._remains
        ):
            yield places.get(day, ()), message
        if tables.RATE in self._lists:
            before = existing(self._connection, tables.RATE, self._past.account_id)
            for _, message in guards.rate_faults(self._lists[tables.RATE], before, self._past):
                yield ("rates",), message

    def _look_back(self) -> guards.Past | None:
        with self._connection.cursor(row_factory=class_row(guards.Past)) as cursor:
            return cursor.execute(GUARDS.past, {"name": self._account.name}).fetchone()

    def _reaches_back(self, today: date) -> bool:
        """Whether terms or prices change for days that are over or under way."""
        days = [change.key[0] for change in self._terms]
        days += [change.key[1] for change in self._lists.get(tables.RATE, [])]
        return any(day <= today for day in days)

    def write(self) -> list[Change]:
        write(self._connection, self._row)
        (owner,) = _row(self._connection, ENTITIES.account_id, {"name": self._account.name})
        changes = [*self._terms, *(change for found in self._lists.values() for change in found)]
        write(self._connection, changes, owner)
        _record(self._connection, owner, self._account.name, [*self._row, *changes])
        return [*self._row, *changes]

    def _remains(self, day: date) -> guards.Remains:
        assert self._past is not None  # noqa: S101  asked only of an account that there is
        values = {"account": self._past.account_id, "day": day}
        return guards.Remains._make(_row(self._connection, GUARDS.remains, values))


def _taken(connection: psycopg.Connection, setup: Setup) -> Iterator[Problem]:
    """Folders and e-mail addresses that belong to somebody whom the file does not name."""
    others = connection.execute(GUARDS.landings, {"names": [account.name for account in setup.accounts]}).fetchall()
    for n, account in enumerate(setup.accounts):
        own = address.parse(landing_of(account))
        for name, url in others:
            if own.overlaps(address.parse(url)):
                message = f"lies within the landing zone of account {name}: give it a folder of its own"
                yield Problem(("accounts", n, "landing"), message)
        emails = [user.email for user in account.users or []]
        values = {"emails": emails, "account": account.name}
        taken: dict[str, str] = dict(connection.execute(GUARDS.taken_emails, values).fetchall())
        for m, email in enumerate(emails):
            if email in taken:
                yield Problem(("accounts", n, "users", m, "email"), f"{email} belongs to {taken[email]} already")


def _record(connection: psycopg.Connection, owner: int | None, name: str | None, changes: list[Change]) -> None:
    if changes:
        detail = [
            {"change": one.verb, "kind": one.kind.name, "key": list(one.key), "fields": one.fields} for one in changes
        ]
        audit.record(connection, "apply", owner, name, {"changes": detail})


def _row(connection: psycopg.Connection, query: str, values: dict[str, Any]) -> tuple[Any, ...]:
    row = connection.execute(query, values).fetchone()
    assert row is not None  # noqa: S101  every one of these queries gives a row
    return row
