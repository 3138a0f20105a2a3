"""INTAKE, A recipient's checks: their order, and what each of them says."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from ingest.checks import Rules, check
from ingest.chunk import Chunk
from ingest.refusal import Unusable
from ingest.template import Template
from recipients.networks import Network, Networks
from recipients.numbers import Numbers
from recipients.rank_bitmap import SortedNumbers
from recipients.reason import REASONS, Reason, code
from recipients.snapshots import Base, Version
from recipients.standing import Standing

MONA, KARIM, SALMA = 201001234567, 201101234567, 201201234567
NETWORKS = Networks(
    [
        Network(1, "2010", "Vodafone", "EG", "EG", True),
        Network(2, "2011", "Etisalat", "EG", "EG", True),
        Network(3, "2012", "Orange", "EG", "EG", True),
        Network(4, "9665", "STC", "SA", "SA", True),
        Network(5, "965", "Kuwait", "KW", "KW", False),
    ]
)
HEADER = ["msisdn", "name"]


def standing(members=(MONA, KARIM, SALMA), opted_out=()):
    base = Base(1, Version(1, None, len(members)), SortedNumbers(np.array(sorted(members), np.int64)))
    return Standing(base, np.array(sorted(opted_out), np.int64))


RULES = Rules(
    recipient=0, numbers=Numbers("EG"), networks=NETWORKS, standing=standing(), zones=None,
    template=Template("Hi {name}", HEADER), text_place=None, max_segments=2, sender_operators=None,
)  # fmt: skip


def chunk(rows, first_line=2, faults=None):
    return Chunk(
        lines=np.arange(first_line, first_line + len(rows)),
        columns=[pa.array(values, pa.string()) for values in zip(*rows, strict=True)],
        faults=np.array(faults or [0] * len(rows), np.int8),
        raw=lambda place: ",".join(rows[place]),
    )


def judged(*chunks, rules=RULES, **people):
    if people:
        rules = replace(rules, standing=standing(**people))
    return list(check(chunks, rules))


def verdict(*fields, **options):
    ((_, found),) = judged(chunk([fields]), **options)
    return found


def reason_of(found, place=0):
    return REASONS[found.codes[place] - 1] if found.codes[place] else None


def reason(*fields, **options):
    return reason_of(verdict(*fields, **options))


def text(*fields, rules=RULES):
    return rules.texts_of(chunk([fields]), np.array([0]))[0].as_py()


def test_an_accepted_row_has_all_that_is_sent():
    found = verdict("01001234567", "Mona")

    assert reason_of(found) is None
    assert (found.msisdns[0], found.ucs2[0], found.segments[0]) == (MONA, False, 1)
    assert NETWORKS.rows[found.networks[0]].operator == "Vodafone"
    assert text("01001234567", "Mona") == "Hi Mona"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["2.01E+11", ""], Reason.NUMBER_MANGLED),
        (["x", ""], Reason.NUMBER_UNPARSABLE),
        (["0109", ""], Reason.NUMBER_INVALID),
        (["0223456789", ""], Reason.NOT_MOBILE),
        (["+96555123456", ""], Reason.NOT_COVERED),  # known, not covered
        (["+447400123456", ""], Reason.NOT_COVERED),  # no known network
        (["01501234567", ""], Reason.NOT_COVERED),
        (["01009999999", ""], Reason.NOT_IN_BASE),
        (["01101234567", ""], Reason.OPTED_OUT),
        (["01001234567", "  "], Reason.MISSING_VALUE),
        (["01001234567", "a" * 400], Reason.TOO_LONG),
    ],
)
def test_the_first_check_that_fails_is_the_reason(fields, expected):
    assert reason(*fields, opted_out=(KARIM,)) is expected


def test_what_the_reader_found_comes_before_all_checks():
    ((_, found),) = judged(chunk([["x", ""], ["01001234567", "Mona"]], faults=[code(Reason.FIELD_COUNT)] * 2))

    assert [reason_of(found, place) for place in (0, 1)] == [Reason.FIELD_COUNT] * 2
    assert found.msisdns.tolist() == [0, 0]


def test_an_opted_out_stranger_is_a_stranger():
    assert reason("01009999999", "x", opted_out=(201009999999,)) is Reason.NOT_IN_BASE


def test_prepaid_units_reach_their_zones_only():
    abroad = 966501234567
    assert reason(f"+{abroad}", "x", members=(abroad,)) is None
    assert (
        reason(f"+{abroad}", "x", members=(abroad,), rules=replace(RULES, zones=frozenset({"EG"})))
        is Reason.NOT_COVERED
    )


def test_the_sender_is_approved_by_network():
    rules = replace(RULES, sender_operators=frozenset({"Vodafone"}))
    ((_, found),) = judged(chunk([["01001234567", "x"], ["01101234567", "x"]]), rules=rules)

    assert [reason_of(found, place) for place in (0, 1)] == [None, Reason.SENDER_NOT_APPROVED]


def test_who_has_had_enough_messages_is_capped_after_every_other_check_but_duplicates():
    rules = replace(RULES, capped=np.array([MONA, KARIM]), sender_operators=frozenset({"Vodafone", "Orange"}))
    rows = [
        ["01001234567", ""],
        ["01001234567", "x"],
        ["01001234567", "x"],
        ["01101234567", "x"],
        ["01201234567", "x"],
    ]
    ((_, found),) = judged(chunk(rows), rules=rules)

    assert [reason_of(found, place) for place in range(5)] == [
        Reason.MISSING_VALUE, Reason.FREQUENCY_CAP, Reason.FREQUENCY_CAP, Reason.SENDER_NOT_APPROVED, None,
    ]  # fmt: skip


def test_a_duplicate_names_the_accepted_row_that_it_repeats():
    rows = [["01001234567", ""], ["01001234567", "a"], ["+20 100 123 4567", "b"], ["201001234567", "c"]]
    ((_, one),) = judged(chunk(rows))
    apart = judged(*(chunk([row], line) for line, row in enumerate(rows, start=2)))

    expected = [(Reason.MISSING_VALUE, 0), (None, 0), (Reason.DUPLICATE, 3), (Reason.DUPLICATE, 3)]
    assert [(reason_of(one, place), one.first_lines[place]) for place in range(4)] == expected
    assert [(reason_of(found), found.first_lines[0]) for _, found in apart] == expected


def test_a_text_column_may_be_empty_and_needs_no_template():
    rules = replace(RULES, template=None, text_place=1)

    assert reason("01001234567", " ", rules=rules) is Reason.EMPTY_TEXT
    assert text("01001234567", "مرحبا {name}", rules=rules) == "مرحبا {name}"


def test_a_value_is_never_expanded_again():
    rules = replace(RULES, template=Template("{name} and {msisdn}", HEADER))

    assert text("01001234567", "{msisdn}", rules=rules) == "{msisdn} and 01001234567"


def test_placeholders_go_by_the_names_of_columns_as_people_write_them():
    rules = replace(RULES, template=Template("Hi {First Name}{x", ["msisdn", "first_name"]))

    assert text("1", "Mona", rules=rules) == "Hi Mona{x"


@pytest.mark.parametrize(("template", "header"), [("{nmae}", HEADER), ("{}", HEADER), ("{name}", ["name", "Name"])])
def test_a_placeholder_without_its_one_column_refuses_the_file(template, header):
    with pytest.raises(Unusable, match="UNKNOWN_PLACEHOLDER"):
        Template(template, header)


def test_segments_are_counted_as_the_text_will_be_cut():
    rules = replace(RULES, template=Template("{name}", HEADER), max_segments=255)
    astride = "a" * 152 + "€" + "a" * 152  # 306 septets; the pair is not split

    assert verdict("01001234567", astride, rules=rules).segments[0] == 3
    found = verdict("01001234567", "ب" * 71, rules=rules)
    assert (found.segments[0], found.ucs2[0]) == (2, True)


def test_a_template_without_a_column_may_be_only_space():
    rules = replace(RULES, template=Template(" \u00a0", HEADER))

    assert reason("01001234567", "x", rules=rules) is Reason.EMPTY_TEXT
