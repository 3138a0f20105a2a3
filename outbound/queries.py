"""Named queries: SQL lives in files under `sql/queries/`, one topic a file, and is called by its name.

A file is a leading comment, then blocks: a line `-- name --`, comment lines that say what it is for, the statement.
"""

import re
from functools import cache

from outbound.errors import OutboundError
from outbound.settings import ROOT

_NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)


class UnknownQuery(OutboundError):
    """There is no block of that name in the query file: add it, or correct the name."""


class Queries:
    """The statements of one file, as attributes."""

    def __init__(self, topic: str, statements: dict[str, str]) -> None:
        self._topic = topic
        self._statements = statements

    def __getattr__(self, name: str) -> str:
        try:
            return self._statements[name]
        except KeyError:
            raise UnknownQuery(f"sql/queries/{self._topic}.sql has no query named {name}") from None


def parse(text: str) -> dict[str, str]:
    """name -> statement, without the final semicolon; comments inside a block stay with it."""
    pieces = _NAME.split(text)[1:]
    return {name: body.strip().removesuffix(";") for name, body in zip(pieces[::2], pieces[1::2], strict=True)}


@cache
def load(topic: str) -> Queries:
    """The queries of `sql/queries/<topic>.sql`, for example `load("dispatch/batches").lease_batches`."""
    return Queries(topic, parse((ROOT / "sql" / "queries" / f"{topic}.sql").read_text()))
