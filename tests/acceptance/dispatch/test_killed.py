"""kill -9 of the worker at random points in the middle of a campaign, with the carrier's own record as witness."""

import random
import time
from functools import partial

import pytest

from smpp.text import segment
from tests.integration.dispatch.platform_by_hand import FIRST_NUMBER

TEXTS = ("Short", "عزيزي العميل، رصيدك منخفض " * 4, "Long " + "words and more " * 15)


@pytest.mark.timeout(120)
def test_a_worker_killed_three_times_loses_nothing_and_doubles_nothing(platform, carrier):
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    texts = [f"{TEXTS[n % 3]} {n}" for n in range(3000)]
    with carrier("--receipt-delay=0.1", "--latency=0.02", "--resend=2") as smsc:
        platform.connect(smsc.port, window=40, sessions=2, receipts_complete=True, in_doubt_after=3)
        campaign = platform.accept(texts, batch_size=500)
        gone = [FIRST_NUMBER + n for n in range(0, 3000, 11)]
        platform.rows("delete from account.base_member where msisdn = any (%s)", gone)
        due = [(FIRST_NUMBER + n, text) for n, text in enumerate(texts) if n % 11]
        total = sum(len(segment(text)) for _, text in due)
        for kill in range(3):
            worker = platform.worker()
            goal = chance.randrange(total * (kill + 1) // 5, total * (kill + 2) // 5)
            platform.until(partial(reached, smsc, goal))
            time.sleep(chance.random() * 0.05)
            worker.kill()
        last = platform.run_until_idle()
        story = f"seed {seed}; {last.log()}"
        accepted, doubled, shown = smsc.witness.accepted(), smsc.witness.doubled(), smsc.witness.texts()

    assert doubled == [], story
    assert len(accepted) == total, story
    assert shown == {str(number): [text] for number, text in due}, story
    progress = platform.progress(campaign)
    assert progress.pop("dropped") == progress.pop("segments") - total, story
    assert progress == {"accepted": total, "final_receipts": total}, story
    assert platform.state(campaign) == "completed"
    assert platform.one("select count(*) from dispatch.submission where state = 'in_doubt'") > 0, "killed in its sleep"


def reached(smsc, goal: int) -> bool:
    return smsc.status()["accepted"] >= goal
