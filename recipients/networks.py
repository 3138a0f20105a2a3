"""The network of a number: by the longest prefix that matches (INTAKE)."""

from collections.abc import Iterable
from typing import NamedTuple

import psycopg

from outbound.queries import load

Q = load("recipients/networks")


class Network(NamedTuple):
    network_id: int
    prefix: str
    operator: str
    country: str
    zone: str
    covered: bool


class Networks:
    """All that are known; a look-up takes as many steps as there are lengths of prefixes."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._by_prefix = {network.prefix: network for network in networks}
        self._lengths = sorted({len(prefix) for prefix in self._by_prefix}, reverse=True)

    @classmethod
    def read(cls, connection: psycopg.Connection) -> "Networks":
        return cls(Network(*row) for row in connection.execute(Q.networks))

    def of(self, msisdn: int) -> Network | None:
        digits = str(msisdn)
        for length in self._lengths:
            found = self._by_prefix.get(digits[:length])
            if found is not None:
                return found
        return None


def prepaid_zones(connection: psycopg.Connection, account_id: int) -> frozenset[str]:
    """The zones that an account's units are valid for: those its orders name, else its home country's."""
    return frozenset(row[0] for row in connection.execute(Q.prepaid_zones, {"account": account_id}))
