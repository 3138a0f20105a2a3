"""What the rows of a base or opt-out file say, by columns: who comes, who goes, since when they consent (INTAKE, Bases)."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest import columns
from ingest.chunk import Chunk, Codes
from ingest.refusal import Unusable
from outbound import clock
from recipients.reason import Reason, code

_ADD = frozenset({"add", "a", "+", "insert", "new", "إضافة"})
_REMOVE = frozenset({"remove", "r", "-", "delete", "del", "حذف"})
_ADDS, _REMOVES, _NEITHER = 0, 1, 2
_AS_TEXT = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Form:
    """Where in a row things stand. consent, action: None where there is no such column. names: of the other columns, which
    are a member's attributes, by their places."""

    recipient: int
    consent: int | None
    action: int | None
    names: dict[int, str]

    @classmethod
    def of(cls, header: list[str], recipient: int) -> "Form":
        """Raises Unusable (DOUBLE_COLUMN)."""
        consent, action = columns.find(header, columns.CONSENT), columns.find(header, columns.ACTION)
        if len(consent) > 1 or len(action) > 1:
            raise Unusable("DOUBLE_COLUMN", "the date of consent or the action stands in several columns")
        known = {recipient, *consent, *action}
        names = {place: name for place, name in enumerate(header) if place not in known}
        return cls(recipient, next(iter(consent), None), next(iter(action), None), names)


class Entries(NamedTuple):
    """n rows. reasons: int8[n], 0 or the code of what is wrong. removals: bool[n]. consent: date32[n], attributes:
    string[n] of JSON objects, both with nulls; of rows that are wrong or removals they mean nothing."""

    reasons: Codes
    removals: npt.NDArray[np.bool_]
    consent: Any
    attributes: Any


def read(chunk: Chunk, numbers: Codes, form: Form) -> Entries:
    """numbers: int8[n], the verdicts on the numbers of the chunk."""
    actions = _actions(chunk, form)
    consent, is_bad_date = _dates(chunk, form)
    reasons = np.where(chunk.faults != 0, chunk.faults, numbers)
    for is_wrong, reason in (
        (actions == _NEITHER, Reason.BAD_ACTION),
        (is_bad_date & (actions == _ADDS), Reason.BAD_DATE),
    ):
        reasons[is_wrong & (reasons == 0)] = code(reason)
    return Entries(reasons, actions == _REMOVES, consent, _attributes(chunk, form))


def _actions(chunk: Chunk, form: Form) -> npt.NDArray[np.int8]:
    if form.action is None:
        return np.zeros(len(chunk), np.int8)
    written = chunk.columns[form.action].dictionary_encode()
    wanted = [value.strip().casefold() for value in written.dictionary.to_pylist()]
    kinds = [_ADDS if value in _ADD else _REMOVES if value in _REMOVE else _NEITHER for value in wanted]
    return np.array(kinds, np.int8)[written.indices.to_numpy()]


def _dates(chunk: Chunk, form: Form) -> tuple[Any, npt.NDArray[np.bool_]]:
    """date32[n], null where nothing is written; bool[n], where what is written is no date."""
    if form.consent is None:
        return pa.nulls(len(chunk), pa.date32()), np.zeros(len(chunk), np.bool_)
    written = chunk.columns[form.consent].dictionary_encode()
    days: list[date | None] = []
    bad: list[bool] = []
    latest = clock.now().date() + timedelta(days=1)  # today, wherever that is
    for value in written.dictionary.to_pylist():
        day = _day(value.strip())
        day = None if day is not None and day > latest else day
        days.append(day)
        bad.append(day is None and bool(value.strip()))
    return pa.array(days, pa.date32()).take(written.indices), np.array(bad, np.bool_)[written.indices.to_numpy()]


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _attributes(chunk: Chunk, form: Form) -> Any:
    if not form.names:
        return pa.nulls(len(chunk), pa.string())
    names = list(form.names.values())
    rows = zip(*(chunk.columns[place].to_pylist() for place in form.names), strict=True)
    return pa.array([_AS_TEXT(dict(zip(names, row, strict=True))) for row in rows], pa.string())
