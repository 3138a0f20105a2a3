"""Accounts with a past, people and settings, and a look at what they were told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from billing import notices
from tests.integration.dbt.conftest import Account, Books, cairo


@dataclass
class Office:
    """Where balances are looked at; instants are Cairo's."""

    books: Books

    def account(self, name: str, *, settings: dict[str, Any] | None = None, **term: Any) -> Account:
        """An account with a user, nadia@<name>.example."""
        account = self.books.account(name, **term)
        self.books.execute(
            "insert into account.person (account_id, email, name, role) values (%s, %s, 'Nadia', 'customer')",
            account.account_id, f"nadia@{name}.example",
        )  # fmt: skip
        self.sets(account, **(settings or {}))
        return account

    def sets(self, account: Account, **settings: Any) -> None:
        self.books.execute(
            "update account.account set notices = %s where account_id = %s", Jsonb(settings), account.account_id
        )

    def looks(self, at: str | datetime) -> list[tuple[str, str, str]]:
        """What a look at that instant raises: (account, kind, subject)."""
        before = self.told()
        notices.check(at=cairo(at) if isinstance(at, str) else at)
        return self.told()[len(before) :]

    def told(self) -> list[tuple[str, str, str]]:
        found = self.books.execute("select account, kind, subject from billing.notices order by notice")
        return found.fetchall()

    def facts(self, account: str) -> dict[str, Any]:
        """Of the account's latest notice."""
        found = self.books.execute(
            "select facts from billing.notices where account = %s order by notice desc limit 1", account
        ).fetchone()
        assert found
        return found[0]

    def deliveries(self) -> list[tuple[str, str, str, bool]]:
        """(account, channel, recipient, was it sent), by account."""
        found = self.books.execute(
            "select account.name, channel, recipient, sent_at is not null from billing.notice_delivery"
            " join account.account using (account_id) order by 1, notice_id, 2, 3"
        )
        return found.fetchall()

    def waits_no_longer(self) -> None:
        """As if the time to the next try of everything were over."""
        self.books.execute(
            "update billing.notice_delivery set next_try_at = now() - interval '1 second'"
            " where sent_at is null and given_up_at is null"
        )


@pytest.fixture
def office(database: str) -> Iterator[Office]:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "insert into account.legal_entity (name, country, timezone) values ('Example Telecom', 'EG', 'Africa/Cairo')"
        )
        yield Office(Books(database, connection))
