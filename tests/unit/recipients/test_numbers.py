"""INTAKE, Numbers: many at once are judged as each is. `tests/exhaustive` compares any writing; here are the edges."""

import random

import pyarrow as pa
import pytest

from recipients import number_odd
from recipients.number import judge, judge_member
from recipients.numbering.plan import UnknownRegion
from recipients.numbers import BLOCK, Numbers
from recipients.reason import Reason, code

MONA = 201001234567
WRITTEN = [
    "201001234567",
    "+201001234567",
    "0100 123 4567",
    "٠١٠٠١٢٣٤٥٦٧",
    '="01001234567"',
    "'201001234567.0",
    "2.01001E+11",
    "",
    " ",
    "+",
    "12",
    "1 2",
    "+12",
    "02 2345 6789",
    "+966501234567",
    "966501234567",
    "00966501234567",
    "+0100 123 4567",
    "+00966501234567",
    "00",
    "00201001234567" + " " * 300,
    "0" * 251,
    "1" * 19,
    "+6200780312345678901",
    "x" * 10_000,
]


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUTBOUND_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def numbers():
    with Numbers("EG") as judging:
        yield judging


def each(written, region="EG", by=judge):
    verdicts = [by(one, region) for one in written]
    return [(0 if reason is None else code(reason), msisdn or 0) for reason, msisdn in verdicts]


def pairs(judged):
    assert judged.codes.dtype == "int8"
    assert judged.msisdns.dtype == "int64"
    return list(zip(judged.codes.tolist(), judged.msisdns.tolist(), strict=True))


def test_a_number_has_its_msisdn_a_rejected_one_has_its_reason(numbers):
    judged = numbers.judge(pa.array(["01001234567", "022345678 9", "0109999", "n/a", "2.01E+11"]))

    assert pairs(judged) == [
        (0, MONA),
        (code(Reason.NOT_MOBILE), 20223456789),
        (code(Reason.NUMBER_INVALID), 0),
        (code(Reason.NUMBER_UNPARSABLE), 0),
        (code(Reason.NUMBER_MANGLED), 0),
    ]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_any_slice_of_either_kind_of_array_is_judged(numbers, kind):
    array = pa.array(WRITTEN, kind)
    for begin, end in ((0, 0), (0, len(WRITTEN)), (3, 11), (len(WRITTEN) - 1, len(WRITTEN)), (len(WRITTEN),) * 2):
        part = array.slice(begin, end - begin)
        assert pairs(numbers.judge(part)) == each(WRITTEN[begin:end])
        assert pairs(numbers.judge_members(part)) == each(WRITTEN[begin:end], by=judge_member)


def test_each_row_alone_is_judged_as_among_others(numbers):
    for written in WRITTEN:
        assert pairs(numbers.judge(pa.array([written]))) == each([written])


@pytest.mark.parametrize("rows", [[], [""], ["", "", ""]])
def test_there_may_be_nothing_to_read(numbers, rows):
    assert pairs(numbers.judge(pa.array(rows, pa.string()))) == each(rows)


def test_rows_beyond_a_block_are_judged_too(numbers):
    rng = random.Random("blocks")
    written = [rng.choice(WRITTEN[:16]) for _ in range(BLOCK + 10)]
    verdicts = dict(zip(WRITTEN, each(WRITTEN), strict=True))

    assert pairs(numbers.judge(pa.array(written))) == [verdicts[one] for one in written]


def test_long_rows_make_short_blocks(numbers, monkeypatch):
    blocks = []
    judge_block = numbers._block
    monkeypatch.setattr(
        numbers, "_block", lambda written, member: blocks.append(len(written)) or judge_block(written, member)
    )
    written = ["0" * 3_000_000, "01001234567", *["x" * 500_000] * 5, "01001234567"]

    assert pairs(numbers.judge(pa.array(written))) == each(written)
    assert blocks == [1, 5, 2]


def test_a_missing_number_is_no_null(numbers):
    with pytest.raises(ValueError, match="1 of 2 numbers are null"):
        numbers.judge(pa.array(["01001234567", None]))


def test_a_base_may_write_a_foreign_member_without_the_plus(numbers):
    written = pa.array(["966501234567", "9665 0123 4567", "+966501234567", "0966501234567"])

    assert numbers.judge_members(written).msisdns.tolist() == [966501234567, 0, 966501234567, 0]
    assert numbers.judge(written).msisdns.tolist() == [0, 0, 966501234567, 0]


def test_a_region_that_does_not_exist_is_refused():
    with pytest.raises(UnknownRegion, match="'eg'"):
        Numbers("eg")


def odd(count: int) -> list[str]:
    """Rows that intervals do not tell: of more digits than a key holds."""
    rng = random.Random("flood")
    return ["+62" + str(rng.randrange(10**16, 10**17)) for _ in range(count)] + ["+6200780312345678901"]


def test_a_flood_of_odd_rows_is_shared_out_with_the_same_verdicts():
    written = odd(3_000)
    with Numbers("EG", flood=1_000, processes=2) as numbers:
        judged = numbers.judge(pa.array(written * 2))
        assert numbers._odd._pool is not None
        again = numbers.judge(pa.array(written))
    assert numbers._odd._pool is None

    assert pairs(judged) == each(written) * 2
    assert pairs(again) == each(written)


def test_where_no_process_can_be_started_the_rows_are_judged_here(monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise number_odd.BrokenProcessPool

    monkeypatch.setattr(number_odd.ProcessPoolExecutor, "map", broken)
    with Numbers("EG", flood=10, processes=2) as numbers:
        assert pairs(numbers.judge(pa.array(odd(20)))) == each(odd(20))


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(number_odd, "REMEMBERED", 50)
    with Numbers("EG", processes=1) as numbers:
        for written in (odd(40), odd(120), odd(40)):
            assert pairs(numbers.judge(pa.array(written))) == each(written)
            assert len(numbers._odd._remembered) <= 50


def test_a_row_is_asked_for_once(monkeypatch):
    asked = []
    monkeypatch.setattr(number_odd.number, "judge", lambda text, region: asked.append(text) or judge(text, region))
    with Numbers("EG", processes=1) as numbers:
        numbers.judge(pa.array(["1" * 19] * 1_000))
        numbers.judge(pa.array(["1" * 19]))
    assert asked == ["1" * 19]


def test_a_long_row_is_not_remembered():
    with Numbers("EG", processes=1) as numbers:
        written = ["\u200b" * 5_000 + "1" * 19, "1" * 19]
        assert pairs(numbers.judge(pa.array(written))) == each(written)
        assert list(numbers._odd._remembered) == [("1" * 19, False)]
