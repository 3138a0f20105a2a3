"""Who has had as many of an account's messages of late as its frequency cap allows (INTAKE, FREQUENCY_CAP)."""

from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import psycopg

from outbound.queries import load

Q = load("recipients/frequency")

# PostgreSQL's COPY format of one bigint a row: a header of 19 bytes, then each with its count of fields and length, then -1
_HEADER, _TRAILER = 19, 2
_ROW = np.dtype([("fields", ">i2"), ("length", ">i4"), ("value", ">i8")])


class Cap(NamedTuple):
    """At most so many messages in so many days; klass: of campaigns of this class, None counts all."""

    messages: int
    days: int
    klass: str | None


def capped(connection: psycopg.Connection, account_id: int, cap: Cap, at: datetime) -> npt.NDArray[np.int64]:
    """The numbers, ascending, that get no further message of the account's at this instant.

    Counted are messages of campaigns that were queued and begin after `at` less the days, or later: also those still to
    come. What was given up as a whole is not counted.
    """
    where = {"account": account_id, "class": cap.klass, "at": at, "days": cap.days, "messages": cap.messages}
    with connection.cursor() as cursor, cursor.copy(Q.capped, where) as copy:
        content = b"".join(copy)
    rows = np.frombuffer(content[_HEADER : len(content) - _TRAILER], _ROW)
    return np.sort(rows["value"].astype(np.int64))
