"""The account that a command is about, with the terms in force today."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import psycopg
from psycopg.rows import class_row

from outbound import clock, queries
from outbound.errors import OutboundError
from outbound.money import currency_digits

Q = queries.load("billing/accounts")


class UnknownAccount(OutboundError):
    """No account has that name: what it is, and which there are."""


class WrongScheme(OutboundError):
    """The account is not charged the way that the command needs: how it is, and what to do instead."""


@dataclass(frozen=True, kw_only=True)
class Account:
    account_id: int
    name: str
    timezone: str
    legal_entity_id: int
    approvals: str
    today: date
    scheme: str
    currency: str
    vat_rate: Decimal
    recharge_tolerance: Decimal
    activation: str
    next_scheme: str | None
    next_scheme_from: date | None

    @property
    def digits(self) -> int:
        return currency_digits(self.currency)

    def on_its_clock(self, instant: datetime) -> datetime:
        return clock.on_clock(instant, self.timezone)

    def must_be(self, scheme: str, instead: str) -> None:
        if self.scheme != scheme:
            raise WrongScheme(f"account {self.name} is {self.scheme}, not {scheme}: {instead}")

    def must_outlive(self, last_valid_days: Iterable[date]) -> None:
        """Units may not remain when the account's scheme changes, so none are added that would (CHARGING 30)."""
        if self.next_scheme_from and any(day >= self.next_scheme_from for day in last_valid_days):
            raise WrongScheme(
                f"account {self.name} is {self.next_scheme} from {self.next_scheme_from} on, and units of this would"
                " still be valid then (CHARGING 30): take that change out of the set-up first"
            )


def take_turn(connection: psycopg.Connection, name: str) -> Account:
    """`find`, for whoever does something to it: until the transaction ends nothing else bears on the account's balance
    and periods, neither reserving nor recording nor closing.

    What is looked at afterwards is as the one before has left it; an instant taken afterwards is later than all of its.
    """
    connection.execute(Q.take_turn, {"account": find(connection, name).account_id})
    return find(connection, name)


def find(connection: psycopg.Connection, name: str) -> Account:
    """The account of that name. Raises UnknownAccount."""
    with connection.cursor(row_factory=class_row(Account)) as cursor:
        found = cursor.execute(Q.find, {"name": name}).fetchone()
    if found is None:
        names = ", ".join(row[0] for row in connection.execute(Q.names))
        raise UnknownAccount(f"no account is called {name!r}. There are: {names or 'none; outbound apply makes them'}")
    return found
