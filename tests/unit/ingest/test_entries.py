"""INTAKE, Bases: what the rows of a base file say, by columns, against a judge of single rows."""

import json
import random
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from ingest import entries
from ingest.chunk import Chunk
from ingest.entries import Form
from ingest.refusal import Unusable
from recipients.reason import REASONS, Reason, code

HEADER = ["Mobile", "action", "name", "Consent Date", "city"]
ACTIONS = ["add", " ADD ", "+", "إضافة", "remove", "DEL", "حذف", "-", "", "maybe"]
DATES = ["", "  ", "2026-01-31", " 2026-02-01 ", "2026-02-30", "31/01/2026", "today", "0001-01-01"]
NUMBERS = [0, 0, 0, code(Reason.NOT_MOBILE)]
FAULTS = [0, 0, 0, 0, code(Reason.FIELD_COUNT)]


def chunk(rows, faults):
    columns = [pa.array([row[place] for row in rows], pa.string()) for place in range(len(HEADER))]
    return Chunk(np.arange(2, len(rows) + 2), columns, np.array(faults, np.int8), lambda place: "")


def judged(row, fault, number):
    """(reason, is it a removal, consent, attributes) of one row."""
    action, written = row[1].strip().casefold(), row[3].strip()
    if fault or number:
        return REASONS[(fault or number) - 1], None, None, None
    if action in ("remove", "r", "-", "delete", "del", "حذف"):
        return None, True, None, None
    if action not in ("add", "a", "+", "insert", "new", "إضافة"):
        return Reason.BAD_ACTION, None, None, None
    try:
        consent = date.fromisoformat(written) if written else None
    except ValueError:
        return Reason.BAD_DATE, None, None, None
    return None, False, consent, {"name": row[2], "city": row[4]}


@pytest.mark.parametrize("seed", range(5))
def test_columns_say_what_rows_say(seed):
    chance = random.Random(seed)
    names = ["Mona", "", "ليلى", 'a "b"\n\\', "null"]
    rows = [
        ["1", chance.choice(ACTIONS), chance.choice(names), chance.choice(DATES), chance.choice(names)]
        for _ in range(400)
    ]
    faults = [chance.choice(FAULTS) for _ in rows]
    numbers = [chance.choice(NUMBERS) for _ in rows]
    found = entries.read(chunk(rows, faults), np.array(numbers, np.int8), Form.of(HEADER, 0))

    for place, row in enumerate(rows):
        reason, is_removal, consent, attributes = judged(row, faults[place], numbers[place])
        assert found.reasons[place] == (0 if reason is None else code(reason))
        if reason is None:
            assert found.removals[place] == is_removal
        if is_removal is False:
            assert found.consent[place].as_py() == consent
            assert json.loads(found.attributes[place].as_py()) == attributes


def test_a_list_of_numbers_alone_only_adds():
    form = Form.of(["msisdn"], 0)
    one = Chunk(np.array([2, 3]), [pa.array(["1", "2"])], np.zeros(2, np.int8), lambda place: "")
    found = entries.read(one, np.zeros(2, np.int8), form)

    assert (form.consent, form.action, form.names) == (None, None, {})
    assert found.reasons.tolist() == [0, 0]
    assert found.removals.tolist() == [False, False]
    assert found.consent.null_count == found.attributes.null_count == 2


@pytest.mark.parametrize("twice", ["Consent_Date", "operation"])
def test_a_column_that_is_there_twice_is_refused(twice):
    with pytest.raises(Unusable, match="DOUBLE_COLUMN"):
        Form.of([*HEADER, twice], 0)
