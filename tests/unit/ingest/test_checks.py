"""INTAKE, A recipient's checks: their order, and what each of them says."""

from dataclasses import replace

import numpy as np
import pytest

from ingest.checks import LONGEST_FIELD, Rules, check
from ingest.refusal import Unusable
from ingest.scanner import Row
from ingest.template import Template
from recipients.consent import Standing
from recipients.networks import Network, Networks
from recipients.reason import Reason

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
RULES = Rules(
    width=2, recipient=0, region="EG", networks=NETWORKS, zones=None, template=Template("Hi {name}", HEADER),
    text_place=None, max_segments=2, sender_operators=None,
)  # fmt: skip


def verdicts(*lines, rules=RULES, members=(MONA, KARIM, SALMA), opted_out=()):
    rows = [Row(number, fields, 0, 0) for number, fields in enumerate(lines, start=2)]
    return list(check(rows, rules, lambda asked: Standing(frozenset(members), frozenset(opted_out))))


def reason(*fields, **options):
    (verdict,) = verdicts(list(fields), **options)
    return verdict.reason


def test_an_accepted_row_has_all_that_is_sent():
    (verdict,) = verdicts(["01001234567", "Mona"])

    assert verdict.reason is None
    assert (verdict.msisdn, verdict.text, verdict.encoding, verdict.segments) == (MONA, "Hi Mona", "gsm", 1)
    assert verdict.network.operator == "Vodafone"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["01001234567"], Reason.FIELD_COUNT),
        (["x", "Mona", "more"], Reason.FIELD_COUNT),
        (["x", "Mo\0na"], Reason.BAD_BYTE),
        (["x", "a" * (LONGEST_FIELD + 1)], Reason.FIELD_TOO_LONG),
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
    found = verdicts(["01001234567", "x"], ["01101234567", "x"], rules=rules)

    assert [verdict.reason for verdict in found] == [None, Reason.SENDER_NOT_APPROVED]


def test_who_has_had_enough_messages_is_capped_after_every_other_check_but_duplicates():
    rules = replace(RULES, capped=np.array([MONA, KARIM]), sender_operators=frozenset({"Vodafone", "Orange"}))
    found = verdicts(
        ["01001234567", ""],
        ["01001234567", "x"],
        ["01001234567", "x"],
        ["01101234567", "x"],
        ["01201234567", "x"],
        rules=rules,
    )

    assert [verdict.reason for verdict in found] == [
        Reason.MISSING_VALUE, Reason.FREQUENCY_CAP, Reason.FREQUENCY_CAP, Reason.SENDER_NOT_APPROVED, None,
    ]  # fmt: skip


def test_a_duplicate_names_the_accepted_row_that_it_repeats():
    found = verdicts(["01001234567", ""], ["01001234567", "a"], ["+20 100 123 4567", "b"], ["201001234567", "c"])

    assert [(verdict.reason, verdict.first_line) for verdict in found] == [
        (Reason.MISSING_VALUE, None), (None, None), (Reason.DUPLICATE, 3), (Reason.DUPLICATE, 3),
    ]  # fmt: skip


def test_a_text_column_may_be_empty_and_needs_no_template():
    rules = replace(RULES, template=None, text_place=1)

    assert reason("01001234567", " ", rules=rules) is Reason.EMPTY_TEXT
    assert verdicts(["01001234567", "مرحبا {name}"], rules=rules)[0].text == "مرحبا {name}"


def test_a_value_is_never_expanded_again():
    rules = replace(RULES, template=Template("{name} and {msisdn}", HEADER))

    assert verdicts(["01001234567", "{msisdn}"], rules=rules)[0].text == "{msisdn} and 01001234567"


def test_placeholders_go_by_the_names_of_columns_as_people_write_them():
    assert Template("Hi {First Name}{x", ["msisdn", "first_name"]).fill(["1", "Mona"]) == "Hi Mona{x"


@pytest.mark.parametrize(("template", "header"), [("{nmae}", HEADER), ("{}", HEADER), ("{name}", ["name", "Name"])])
def test_a_placeholder_without_its_one_column_refuses_the_file(template, header):
    with pytest.raises(Unusable, match="UNKNOWN_PLACEHOLDER"):
        Template(template, header)


def test_segments_are_counted_as_the_text_will_be_cut():
    rules = replace(RULES, template=Template("{name}", HEADER), max_segments=255)
    text = "a" * 152 + "€" + "a" * 152  # 306 septets; the pair is not split

    assert verdicts(["01001234567", text], rules=rules)[0].segments == 3
    assert verdicts(["01001234567", "ب" * 71], rules=rules)[0].segments == 2
