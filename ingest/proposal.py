"""What the columns of a file hold, and which is probably which, for whoever is to say so (INTAKE, Columns)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import columns
from ingest.accounts import Account
from ingest.chunk import Source
from ingest.layout import Layout
from ingest.refusal import Unusable
from ingest.source import open_source
from outbound.masking import mask
from recipients.numbers import Numbers

ROWS = 1_000
"""That are judged: the first ones."""
SHOWN = 3
LONGEST_SHOWN = 80  # characters
_MOSTLY = 0.5
_SENTENCE = 15  # characters on average, and a space
_MAY_BE_HELPED = ("NO_RECIPIENT_COLUMN", "DOUBLE_RECIPIENT_COLUMN", "NO_ROWS")
_DIGITS = re.compile(r"\d(?:[\d\s().+-]*\d){6,}")


@dataclass(frozen=True)
class Column:
    """values: of the first rows, shortened, with whatever could be a number masked. numbers: the share of the rows, 0 to 1, that
    hold a mobile number. length: of a value, on average, in characters."""

    name: str
    values: list[str]
    numbers: float
    length: float


@dataclass(frozen=True)
class Proposal:
    """recipient, text: the names of the columns that seem to hold numbers and texts; None: none does. options: what the manifest
    has to say so that the columns are called so: where the first row is a subscriber's already, they go by their places."""

    columns: list[Column]
    recipient: str | None
    text: str | None
    options: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        shown = [{"name": one.name, "values": one.values, "numbers": round(one.numbers, 3)} for one in self.columns]
        return {"columns": shown, "recipient": self.recipient, "text": self.text, "options": self.options}


def propose(account: Account, path: Path, layout: Layout) -> Proposal:
    """Looks at the first rows. layout: of the account's defaults. Raises Unusable where the file is no table at all."""
    with Numbers(account.default_region) as numbers:
        found, options = _opened(path, layout, numbers)
        first = [column.slice(0, ROWS) for column in next(found.chunks()).columns]
        seen = [_column(name, values, numbers) for name, values in zip(found.header, first, strict=True)]
    recipient = _recipient(seen, layout.recipient)
    return Proposal(seen, recipient, _text(seen, recipient), options)


def _opened(path: Path, layout: Layout, numbers: Numbers) -> tuple[Source, dict[str, Any]]:
    """The file as it would be read, with as little help as it needs: with a column of numbers that is called otherwise, or without
    a header."""
    any_column = replace(layout, asks_for_recipient=False)
    found = _read(path, layout) or _read(path, any_column)
    if layout.has_header and (found is None or _are_values(found.header, numbers)):
        bare = open_source(path, replace(any_column, has_header=False, names=()))
        if found is not None or _are_values([column[0].as_py() for column in next(bare.chunks()).columns], numbers):
            return bare, {"header": False, "columns": []}
    return found or open_source(path, any_column), {}


def _read(path: Path, layout: Layout) -> Source | None:
    """None where another layout may help."""
    try:
        return open_source(path, layout)
    except Unusable as refusal:
        if refusal.code not in _MAY_BE_HELPED:
            raise
        return None


def _are_values(header: Sequence[str], numbers: Numbers) -> bool:
    return bool((numbers.judge(pa.array(header, pa.string())).codes == 0).any())


def _column(name: str, values: Any, numbers: Numbers) -> Column:
    share = float(np.mean(numbers.judge(values).codes == 0))
    length = pc.mean(pc.utf8_length(values)).as_py()
    return Column(name, [_shown(value) for value in values.slice(0, SHOWN).to_pylist()], share, length)


def _shown(value: str) -> str:
    masked = _DIGITS.sub(lambda found: mask("".join(filter(str.isdigit, found[0]))), value)
    return masked if len(masked) <= LONGEST_SHOWN else masked[: LONGEST_SHOWN - 1] + "…"


def _recipient(seen: list[Column], called: str | None) -> str | None:
    """The one that the account calls so, else of a usual name, of several the one with most numbers; else the one that holds numbers mostly."""
    usual = [seen[place] for place in columns.named([one.name for one in seen], called, columns.RECIPIENT)]
    likely = usual or [one for one in seen if one.numbers > _MOSTLY]
    return max(likely, key=lambda one: one.numbers).name if likely else None


def _text(seen: list[Column], recipient: str | None) -> str | None:
    """The one of a usual name; else the longest of those that hold sentences."""
    others = [one for one in seen if one.name != recipient]
    usual = columns.find([one.name for one in others], columns.TEXT)
    if len(usual) == 1:
        return others[usual[0]].name
    likely = [
        one for one in others if one.length >= _SENTENCE and fmean(" " in value for value in one.values) > _MOSTLY
    ]
    return max(likely, key=lambda one: one.length).name if likely else None
