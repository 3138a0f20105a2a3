"""Receipts find their attempts however they come: early, twice, with other ids, without a reference."""

import asyncio
from itertools import pairwise

import pytest

from dispatch import worker
from dispatch.idle import Idle
from dispatch.worker import Pace


@pytest.mark.parametrize(
    ("options", "columns"),
    [
        (("--receipt-delay=0", "--latency=0.3"), {}),  # before the answer
        (("--receipt-delay=0", "--resend=0.05"), {}),  # again and again
        (("--receipt-delay=0", "--id-form=hex"), {"message_id_form": "decimal"}),
        (("--receipt-delay=0", "--receipt-id-form=hex"), {"message_id_form": "auto"}),
        (("--receipt-delay=0", "--no-reference"), {"echoes_reference": False}),
        (("--receipt-delay=0", "--rule=1=handset_off", "--handset-off=0.5"), {}),
    ],
    ids=["early", "repeated", "hexadecimal answers", "hexadecimal receipts", "no reference", "handset off at first"],
)
def test_every_segment_gets_its_final_receipt(platform, carrier, options, columns):
    with carrier(*options) as smsc:
        platform.connect(smsc.port, **columns)
        campaign = platform.accept(["part one, part two " * 12] * 100)
        platform.run_until_idle()
        doubled = smsc.witness.doubled()

    assert doubled == []
    assert platform.progress(campaign) == {"segments": 200, "accepted": 200, "final_receipts": 200}
    assert platform.state(campaign) == "completed"
    assert platform.one("select count(*) from dispatch.receipt_unmatched") == 0
    assert platform.one(
        "select count(*) from dispatch.receipt_match join dispatch.message using (campaign_id, ordinal)"
        " join dispatch.receipt using (receipt_id) where destination <> message.msisdn::text or receipt.msisdn <> message.msisdn"
    ) == 0  # fmt: skip


def test_what_came_last_is_matched_before_an_idle_worker_ends(platform, carrier, monkeypatch):
    monkeypatch.setattr("dispatch.idle.RECEIPTS_QUIET", 0.5)
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        campaign = platform.accept(["x"] * 20)
        asyncio.run(worker.run("w", Idle(), lambda worker: None, Pace(match=3600)))

    assert platform.progress(campaign) == {"segments": 20, "accepted": 20, "final_receipts": 20}
    assert platform.state(campaign) == "completed"
    assert platform.one("select count(*) from dispatch.receipt_unmatched") == 0


def test_without_a_reference_a_recipient_has_one_segment_under_way(platform, carrier):
    """Two messages of two segments to the same ten people: four answers after each other, however wide the window."""
    with carrier("--receipt-delay=0", "--latency=0.1", "--no-reference") as smsc:
        platform.connect(smsc.port, echoes_reference=False)
        for name in ("first", "second"):
            platform.accept([f"the {name} of two " * 14] * 10)
        platform.run_until_idle()
        records = smsc.witness.accepted()
        texts = smsc.witness.texts()

    for number in range(201001000000, 201001000010):
        times = [record.at for record in records if record.destination == str(number)]
        assert len(times) == 4
        assert all(later - earlier >= 0.1 for earlier, later in pairwise(times))
        assert sorted(texts[str(number)]) == ["the first of two " * 14, "the second of two " * 14]


def test_undeliverable_and_rejected_are_final(platform, carrier):
    rules = ["--rule=1=undeliverable", "--rule=2=expired", "--rule=3=rejected", "--expiry=0.1"]
    with carrier("--receipt-delay=0", *rules) as smsc:
        platform.connect(smsc.port)
        campaign = platform.accept(["two segments " * 15] * 10)
        platform.run_until_idle()
        assert len(smsc.witness.accepted()) == 18

    progress = platform.progress(campaign)
    assert progress["rejected"] + progress.get("dropped", 0) == 2
    assert (progress["accepted"], progress["final_receipts"]) == (18, 18)
    states = platform.rows(
        "select state, count(*) from dispatch.receipt_match where final group by state order by state"
    )
    assert states == [(2, 14), (3, 2), (5, 2)]
    assert platform.state(campaign) == "completed"


def test_what_is_refused_for_now_is_sent_again(platform, carrier):
    with carrier("--receipt-delay=0", "--queue-full-every=5") as smsc:
        platform.connect(smsc.port, window=20)
        campaign = platform.accept(["x"] * 60)
        platform.run_until_idle()
        doubled, accepted = smsc.witness.doubled(), len(smsc.witness.accepted())

    assert (doubled, accepted) == ([], 60)
    assert platform.attempts()["rejected", True] >= 12
    assert platform.progress(campaign) == {"segments": 60, "accepted": 60, "final_receipts": 60}
