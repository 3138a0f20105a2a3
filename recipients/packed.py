"""Millions of numbers out of a table: the server packs each block of them into one value, an array takes it as it is.

Seven times as fast as COPY, which sends and frames each row (1M members: 0.13 s against 0.9 s), and bounded on both sides.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import psycopg
from psycopg.rows import tuple_row

from recipients.rank_bitmap import Numbers

BLOCK = 250_000


def blocks(connection: psycopg.Connection, query: str, where: Mapping[str, Any]) -> Iterator[Numbers]:
    """int64[up to BLOCK] each, ascending throughout.

    query: gives, as one bytea, the `int8send` of the first %(block)s numbers above %(after)s, ascending; null for none.
    Each block is a statement of its own: under `read committed` the caller sees to it that the table did not change.
    """
    after = 0
    with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        while True:
            row = cursor.execute(query, {**where, "after": after, "block": BLOCK}).fetchone()
            if row is None or row[0] is None:
                return
            block = np.frombuffer(row[0], ">i8").astype(np.int64)
            yield block
            after = int(block[-1])
