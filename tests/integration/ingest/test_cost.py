"""What an acknowledgement says of the cost before anything is accepted."""

import pytest

from ingest.foreground import ingest
from outbound import clock


@pytest.fixture
def delta(platform, mobile):
    """0.20 a segment, from the 101st of the month on 0.18; 99 are used in this one."""
    platform.members("delta", map(mobile, range(10)))
    platform.rows(
        "insert into account.rate_row (account_id, zone, effective_from, from_unit, rate) values (2, 'EG', '2020-01-01', 101, 0.18)"
    )
    month = clock.day_start(clock.local_day(clock.now(), "Africa/Cairo").replace(day=1), "Africa/Cairo")
    platform.rows(
        "insert into account.past_usage (account_id, business_key, at, units, zone) values"
        " (2, 'now', %s, 99, 'EG'), (2, 'before', %s::timestamptz - interval '1 second', 5000, 'EG')", month, month,
    )  # fmt: skip
    return platform


def cost(platform, mobile, account="delta"):
    content = "msisdn,text\n" + "".join(f"{mobile(n)},x\n" for n in range(3))
    return ingest(platform.file(f"{account}.csv", content), account, "campaign")["cost"]


def test_graduated_tiers_go_on_where_the_month_stands(delta, mobile):
    assert cost(delta, mobile) == {"net": "0.56", "currency": "EGP"}


def test_volume_tiers_price_the_campaign_at_what_the_month_reaches(delta, mobile):
    delta.rows("update account.term set tier_mode = 'volume'")
    assert cost(delta, mobile) == {"net": "0.54", "currency": "EGP"}


def test_prepaid_units_are_worth_the_rate_of_the_last_order(platform, mobile):
    platform.members("nile", map(mobile, range(10)))
    platform.buy("nile", 100)
    platform.purchases("update account.purchase set rate = 0.25")

    assert cost(platform, mobile, "nile") == {"units": 3, "net": "0.75", "currency": "EGP"}
    platform.purchases("delete from account.purchase")
    platform.rows("update intake.file set outcome = 'rejected'")
    assert cost(platform, mobile, "nile") == {"units": 3, "net": None, "currency": "EGP"}
