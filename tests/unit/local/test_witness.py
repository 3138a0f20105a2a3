"""The carrier's record of messages whose parts are joined by parameters instead of a header."""

from local.carrier.witness import Accepted, Log, Witness
from smpp.udh import Concatenation


def record(number: int, sar: Concatenation | None) -> Accepted:
    return Accepted(
        number=number, system_id="outbound", source="NILE", destination="201001234567", esm_class=0, data_coding=0,
        registered_delivery=1, reference=None, sequence=number, at=0.0, body=b"a" * 153, sar=sar,
    )  # fmt: skip


def test_parts_of_the_same_octets_are_not_one_part_sent_twice(tmp_path):
    log = Log(tmp_path / "witness.jsonl")
    log.accept([record(1, Concatenation(7, 2, 1)), record(2, Concatenation(7, 2, 2))])
    log.close()
    witness = Witness(tmp_path / "witness.jsonl")

    assert witness.accepted() == [record(1, Concatenation(7, 2, 1)), record(2, Concatenation(7, 2, 2))]
    assert (witness.distinct(), witness.doubled()) == (2, [])
    assert witness.texts() == {"201001234567": ["a" * 306]}


def test_a_part_that_is_sent_twice_is_told(tmp_path):
    log = Log(tmp_path / "witness.jsonl")
    log.accept([record(1, Concatenation(7, 2, 1)), record(2, Concatenation(7, 2, 1))])
    log.close()

    assert Witness(tmp_path / "witness.jsonl").doubled() == [record(2, Concatenation(7, 2, 1))]
