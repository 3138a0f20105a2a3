"""What a batch buys and what it will hold follows from the balance."""

from local.demo.campaigns import Drop
from local.demo.planning import plan


def drop(name: str, messages: int, outcome: str = "accepted", account: str = "nile") -> Drop:
    sends = tuple((200_000_000 + n, "one segment") for n in range(messages))
    return Drop(account, "campaign", f"{name}.csv", b"", messages, outcome=outcome, sends=sends)


OFFER, TOO_LARGE, OTHER = drop("offer", 500), drop("too-large", 3_000, "held"), drop("other", 80, account="delta")
DROPS = {"offer": OFFER, "other": OTHER, "too-large": TOO_LARGE}


def test_the_first_batch_buys_nothing_and_holds_what_is_too_large():
    planned = plan(2_676, DROPS, held=[])

    assert planned.recharge == 0
    assert planned.drops["too-large"].outcome == "held"
    assert len(planned.sends) == 580


def test_a_later_batch_buys_for_itself_and_for_what_the_last_one_left_held():
    planned = plan(2_176, DROPS, held=[TOO_LARGE])

    assert planned.recharge == 3_500
    assert planned.drops["too-large"].outcome == "held"
    assert len(planned.sends) == 580 + 3_000


def test_what_fits_the_balance_is_not_held():
    planned = plan(10_000, DROPS, held=[])

    assert planned.recharge == 0
    assert planned.drops["too-large"].outcome == "accepted"
    assert len(planned.sends) == 580 + 3_000
