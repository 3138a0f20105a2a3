"""Who of many numbers is in a customer's own base, and who opted out: of this customer's messages, or of all."""

from collections.abc import Iterable
from typing import NamedTuple

import psycopg

from outbound.queries import load

Q = load("recipients/consent")


class Standing(NamedTuple):
    members: frozenset[int]
    opted_out: frozenset[int]


def look_up(connection: psycopg.Connection, account_id: int, msisdns: Iterable[int]) -> Standing:
    """The standing of these numbers now; those that are asked for and in neither set are strangers."""
    asked = {"account": account_id, "msisdns": list(msisdns)}
    members = connection.execute(Q.members, asked, binary=True)
    found = frozenset(row[0] for row in members)
    opted_out = connection.execute(Q.opted_out, asked, binary=True)
    return Standing(found, frozenset(row[0] for row in opted_out))
