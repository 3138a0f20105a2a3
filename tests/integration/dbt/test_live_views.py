"""What the stages ask of the live tables under one name: the month to close next, and the attempts in doubt."""

from datetime import date

import pytest

from tests.integration.dbt.conftest import books, cairo

__all__ = ["books"]


def test_the_month_to_close_is_the_first_one_of_the_account_and_then_the_one_after_the_last_that_is_closed(books):
    def to_close(account):
        query = "select month from billing.month_to_close where account_id = %s"
        return books.execute(query, account.account_id).fetchall()

    quiet, loaded = books.account("quiet"), books.account("loaded")  # set up on 1 January 2026
    assert to_close(quiet) == to_close(loaded) == [(date(2026, 1, 1),)]
    loaded.pays("1", at="2025-12-01 00:30")
    assert to_close(loaded) == [(date(2025, 12, 1),)]
    loaded.sends(1, at="2025-11-30 23:30")  # in Cairo; a day's difference is a month's
    assert to_close(loaded) == [(date(2025, 11, 1),)]
    loaded.closes("2025-11")
    loaded.closes("2025-12")
    assert (to_close(quiet), to_close(loaded)) == ([(date(2026, 1, 1),)], [(date(2026, 1, 1),)])
    loaded.closes("2026-01")
    assert (to_close(quiet), to_close(loaded)) == ([(date(2026, 1, 1),)], [(date(2026, 2, 1),)])


@pytest.mark.parametrize("state", ["accepted", "unknown", "not_sent"])
def test_an_attempt_is_in_doubt_until_it_is_settled_in_whatever_way(books, state):
    campaign = {"accepted": 11, "unknown": 12, "not_sent": 13}[state]
    books.execute("select dispatch.ensure_days('2026-03-01', '2026-03-01')")
    for attempt, answer in ((1, "not_sent"), (2, "in_doubt")):
        books.execute(
            "insert into dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, sent_at, epoch_id,"
            " intent_serial, connector_id, session, sequence, reference, network_id, zone)"
            " values (1, %s, 1, 1, %s, %s, %s, 1, 1, 7, 1, 1, 1, 1, 'EG')",
            campaign, attempt, answer, cairo("2026-03-01 10:00"),
        )  # fmt: skip
    doubts = "select attempt, connector_id, sent_at from dispatch.doubt where campaign_id = %s"
    assert books.execute(doubts, campaign).fetchall() == [(2, 7, cairo("2026-03-01 10:00"))]
    books.execute(
        "insert into dispatch.settlement (account_id, campaign_id, ordinal, segment, attempt, state, proof)"
        " values (1, %s, 1, 1, 2, %s, 'statement')",
        campaign, state,
    )  # fmt: skip
    assert books.execute(doubts, campaign).fetchall() == []
