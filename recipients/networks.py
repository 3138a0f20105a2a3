"""The network of a number: where it was ported, else by the longest prefix that matches (INTAKE, Network)."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import psycopg

from outbound.queries import load
from recipients import ported
from recipients.ported import Ported

Q = load("recipients/networks")

LONGEST = 15  # digits of an E.164 number
Msisdns = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]


class Network(NamedTuple):
    network_id: int
    prefix: str
    operator: str
    country: str
    zone: str
    covered: bool


class Networks:
    """All that are known, in `rows`; a look-up is one search in a sorted table of intervals.

    Numbers of n digits that begin with a prefix are an interval of integers, and those of other lengths lie elsewhere,
    because no number begins with a nought: so the intervals of all prefixes and lengths share one line. A longer prefix
    cuts its piece out of a shorter one's. `_starts[i]` is where a piece begins, `_owners[i + 1]` whose it is.
    """

    def __init__(self, networks: Iterable[Network], moved: Ported | None = None) -> None:
        self.rows = list(networks)
        self._starts, self._owners = _pieces(self.rows)
        self._starts_listed = self._starts.tolist()
        self._ported = moved or ported.none()
        self._ported_rows = _rows_of(self.rows, self._ported.network_ids)

    @classmethod
    def read(cls, connection: psycopg.Connection) -> "Networks":
        """As they are in the database, with every ported number: 12 bytes of memory each."""
        networks = [Network(*row) for row in connection.execute(Q.networks)]
        return cls(networks, ported.read(connection))

    def of(self, msisdn: int) -> Network | None:
        """The network of one number."""
        found = self._ported.find(msisdn)
        if found is not None:
            row = int(self._ported_rows[found])
        else:
            row = int(self._owners[bisect_right(self._starts_listed, msisdn)])
        return self.rows[row] if row >= 0 else None

    def of_many(self, msisdns: Msisdns) -> Places:
        """The network of each number, int64[n], as its place in `rows`, int32[n]: -1 where there is none."""
        rows = self._owners[np.searchsorted(self._starts, msisdns, side="right")]
        places, is_ported = self._ported.find_many(msisdns)
        rows[is_ported] = self._ported_rows[places]
        return rows


def _pieces(networks: list[Network]) -> tuple[Msisdns, Places]:
    """Where each piece begins, and the places of the networks that own what lies between: one more, -1 at either end."""
    ranges = sorted(
        (int(network.prefix) * 10**more, -(int(network.prefix) + 1) * 10**more, place)
        for place, network in enumerate(networks)
        for more in range(LONGEST - len(network.prefix) + 1)
    )  # of those that begin at one place the longest interval, which is the shortest prefix, comes first
    cuts: dict[int, int] = {}  # where a piece begins -> whose it is; of two cuts at one place the later one counts
    around: list[tuple[int, int]] = []  # (end, place) of the intervals that the sweep is within, the shortest last
    for start, negative_end, place in [*ranges, (10**LONGEST, 0, -1)]:
        while around and around[-1][0] <= start:
            ended, _ = around.pop()
            cuts[ended] = around[-1][1] if around else -1
        cuts[start] = place
        around.append((-negative_end, place))
    return np.array(list(cuts), np.int64), np.array([-1, *cuts.values()], np.int32)


def _rows_of(networks: list[Network], network_ids: Places) -> Places:
    """The places of networks by their ids; -1 for an id that none of them has."""
    if not networks:
        return np.full(len(network_ids), -1, np.int32)
    ids = np.array([network.network_id for network in networks], np.int32)
    order = np.argsort(ids).astype(np.int32)
    at = np.minimum(np.searchsorted(ids, network_ids, sorter=order), len(ids) - 1)
    return np.where(ids[order[at]] == network_ids, order[at], np.int32(-1)).astype(np.int32)


def prepaid_zones(connection: psycopg.Connection, account_id: int) -> frozenset[str]:
    """The zones that an account's units are valid for: those its orders name, else its home country's."""
    return frozenset(row[0] for row in connection.execute(Q.prepaid_zones, {"account": account_id}))
