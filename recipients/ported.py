"""Numbers that took another operator than the one of their prefix: the portability table in memory (INTAKE, Network)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import psycopg

from outbound.queries import load

Q = load("recipients/networks")

# a row of PostgreSQL's binary COPY: how many fields, and each with its length before it
_ROW = np.dtype([("fields", ">i2"), ("a", ">i4"), ("msisdn", ">i8"), ("b", ">i4"), ("network_id", ">i4")])
_HEADER = 19
_TRAILER = 2
_LOT = 1 << 20  # octets that are turned into columns at once


@dataclass(frozen=True)
class Ported:
    """msisdns: int64[n], sorted, each once. network_ids: int32[n], 0 where the operator has no network that is known."""

    msisdns: npt.NDArray[np.int64]
    network_ids: npt.NDArray[np.int32]

    def find(self, msisdn: int) -> int | None:
        """The place of a number, where it was ported."""
        if not len(self.msisdns):
            return None
        place = int(np.searchsorted(self.msisdns, msisdn))
        return place if place < len(self.msisdns) and self.msisdns[place] == msisdn else None

    def find_many(self, msisdns: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """Which of many numbers were ported, bool[n], and the places of those."""
        if not len(self.msisdns):
            return np.zeros(0, np.intp), np.zeros(len(msisdns), np.bool_)
        places = np.minimum(np.searchsorted(self.msisdns, msisdns), len(self.msisdns) - 1)
        is_ported = self.msisdns[places] == msisdns
        return places[is_ported], is_ported


def none() -> Ported:
    return Ported(np.zeros(0, np.int64), np.zeros(0, np.int32))


def read(connection: psycopg.Connection) -> Ported:
    """All of them, as the database has them in this transaction."""
    lots = [none()]
    rest = bytearray()
    skip = _HEADER
    with connection.cursor() as cursor, cursor.copy(Q.ported) as copy:
        for block in copy:
            rest += block
            if len(rest) >= _LOT:
                lots.append(_columns(rest, skip))
                skip = 0
    lots.append(_columns(rest[: len(rest) - _TRAILER], skip))
    return Ported(
        np.concatenate([lot.msisdns for lot in lots]),
        np.concatenate([lot.network_ids for lot in lots]),
    )


def _columns(octets: bytearray, skip: int) -> Ported:
    """The rows that are there in full; what is left of the octets stays for the next time."""
    whole = (len(octets) - skip) // _ROW.itemsize
    rows = np.frombuffer(bytes(octets[skip : skip + whole * _ROW.itemsize]), _ROW)
    del octets[: skip + whole * _ROW.itemsize]
    return Ported(rows["msisdn"].astype(np.int64), rows["network_id"].astype(np.int32))
