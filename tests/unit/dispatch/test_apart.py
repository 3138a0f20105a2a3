"""One attempt a recipient at a time, where receipts do not tell attempts apart."""

from dispatch.apart import Apart, Part
from tests.unit.dispatch.loads import load

ALI, MONA = 201001000001, 201001000002


LOAD = load([ALI, MONA], segments=3)


def part(msisdn: int, segment: int = 1) -> Part:
    return Part(LOAD, (0 if msisdn == ALI else 3) + segment - 1)


def test_a_recipients_next_part_waits_for_the_end_of_the_one_before():
    apart = Apart()
    first, second, third, other = part(ALI), part(ALI, 2), part(ALI, 3), part(MONA)
    assert [apart.admit(one) for one in (first, second, third, other)] == [True, False, False, True]
    assert apart.waiting == 2
    assert apart.end(first, in_doubt=False) == [second, third]
    assert apart.waiting == 0


def test_nothing_goes_to_a_recipient_in_doubt_until_that_is_settled():
    apart = Apart()
    first, second = part(ALI), part(ALI, 2)
    apart.admit(first)
    assert apart.end(first, in_doubt=True) == []
    assert not apart.admit(second)
    apart.ask()
    assert apart.know_in_doubt({ALI}) == []
    apart.ask()
    assert apart.know_in_doubt(set()) == [second]


def test_a_doubt_that_the_database_was_asked_too_early_to_know_stays():
    apart = Apart()
    first, second = part(ALI), part(ALI, 2)
    apart.admit(first)
    apart.ask()
    apart.end(first, in_doubt=True)
    assert apart.know_in_doubt(set()) == []
    assert not apart.admit(second)


def test_other_workers_doubts_count():
    apart = Apart()
    apart.ask()
    apart.know_in_doubt({MONA})
    assert not apart.admit(part(MONA))


def test_everything_can_be_taken_back():
    apart = Apart()
    first, second = part(ALI), part(ALI, 2)
    apart.admit(first)
    apart.admit(second)
    assert apart.release_all() == [second]
    assert apart.waiting == 0
