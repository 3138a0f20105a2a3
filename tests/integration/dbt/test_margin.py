"""What segments bring in, what carriers ask for them and what carriers say they took: by account, network and local day."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import namedtuple_row

from billing.build import dbt
from billing.reconciling import reconcile
from dispatch.statement import settle
from tests.integration.dbt.carriers import Carriers, message_id, number
from tests.integration.dbt.conftest import Account, Books

MARTS = (
    "finance.margin", "finance.margin_errors", "finance.carrier_costs", "finance.carrier_reconciliation",
    "finance.carrier_differences",
)  # fmt: skip
BEFORE, AFTER = (
    "2026-04-23 21:59:59",
    "2026-04-23 22:00:00",
)  # in Cairo the last second of the 23rd, and 01:00 of the 24th


@pytest.fixture(scope="module")
def carriers(books: Books) -> Carriers:
    """cairo asks EGP for each submission, and more from the day on that begins an hour late; riyadh USD for each delivery."""
    carriers = Carriers(books)
    for prefix, operator, zone in (("2010", "V", "EG"), ("2015", "WE", "EG"), ("966", "STC", "SA")):
        carriers.serve(prefix, operator, zone)
    for name in ("cairo", "riyadh", "spare"):
        carriers.connector(name)
    carriers.asks("cairo", "0.03", "EGP", until="2026-04-24")
    carriers.asks("cairo", "0.05", "EGP", since="2026-04-24")
    carriers.asks("cairo", "9", "EGP", network="+2010")
    carriers.asks("cairo", "0.02", "EGP", network="V")
    carriers.asks("riyadh", "0.006", "USD", per="delivery")
    carriers.exchange("USD", "EGP", "47.50")
    carriers.exchange("USD", "EGP", "48", since="2026-04-24")
    carriers.exchange("EGP", "USD", "0.02")
    return carriers


def rows(books: Books, mart: str, account: Account | None) -> list[Any]:
    with psycopg.connect(books.url, row_factory=namedtuple_row) as reader:
        found = reader.execute(
            f"select * from {mart} order by day, network_id" if "margin" in mart else f"select * from {mart}"
        )
        return [row for row in found if row.account == (account and account.name)]


def margins(books: Books, account: Account, day: str) -> list[tuple[Any, ...]]:
    """(prefix, segments, revenue, cost, margin) of a local day."""
    return [
        (
            row.network,
            row.segments,
            *(None if value is None else str(value) for value in (row.revenue, row.cost, row.margin)),
        )
        for row in rows(books, "finance.margin", account)
        if row.day.isoformat() == day
    ]


def usage_revenue(books: Books, account: Account) -> Decimal:
    """What the ledger has of April."""
    found = books.execute(
        "select sum(credit - debit) from finance.ledger_entries where account_id = %s and ledger_account like '4100%%'"
        " and month = '2026-04'",
        account.account_id,
    ).fetchone()
    return found[0]


def counts(books: Books) -> list[tuple[Any, ...]]:
    return sorted(books.execute("select * from intermediate.int_sent_counts").fetchall(), key=str)


@pytest.fixture(scope="module")
def story(books: Books, carriers: Carriers) -> Iterator[tuple[Account, Account, dict[str, int]]]:
    """delta pays EGP at the month's end, gulf bought units in USD; both send around the midnight that Cairo skips."""
    delta = books.account("delta", scheme="postpaid", minimum_monthly="10.00")
    delta.has_card((1, "0.105"))
    delta.has_card((1, "0.45"), zone="SA")
    gulf = books.account("gulf", currency="USD")
    gulf.buys(100, at="2026-04-01 10:00", rate="0.0125")
    sent = {
        "v": carriers.sends(delta, 3, at=BEFORE, by="cairo", to="2010"),
        "we": carriers.sends(delta, 2, at=BEFORE, by="cairo", to="2015"),
        "later": carriers.sends(delta, 2, at=AFTER, by="cairo", to="2015"),
        "sa": carriers.sends(delta, 4, at=AFTER, by="riyadh", to="966"),
        "gulf": carriers.sends(gulf, 3, at=BEFORE, by="riyadh", to="2015"),
        "gulf later": carriers.sends(gulf, 2, at=AFTER, by="cairo", to="2010"),
    }
    carriers.delivers(delta, sent["sa"], 1, at="2026-04-24 09:00")
    for n in (1, 2, 3):
        carriers.delivers(gulf, sent["gulf"], n, at="2026-04-23 22:30")
    books.as_of("2026-04-25 00:00")
    return delta, gulf, sent


def test_a_buy_rate_changes_at_a_midnight_that_the_clock_skips(books, carriers, story):
    delta, gulf, _ = story

    # 5 x 0.105 = 0.53, of which 3/5 to V; 2 x 0.02, 2 x 0.03
    assert margins(books, delta, "2026-04-23") == [
        ("2010", 3, "0.32", "0.06", "0.26"), ("2015", 2, "0.21", "0.06", "0.15"),
    ]  # fmt: skip
    # 7 x 0.105 = 0.74 less the 0.53; 2 x 0.05; one delivery: 0.006 x 48 = 0.288
    assert margins(books, delta, "2026-04-24") == [
        ("2015", 2, "0.21", "0.10", "0.11"), ("966", 4, "1.80", "0.29", "1.51"),
    ]  # fmt: skip
    # 1.25 - 1.21; three deliveries of 0.006. Then 1.21 - 1.19; 2 x 0.02 EGP x 0.02
    assert margins(books, gulf, "2026-04-23") == [("2015", 3, "0.04", "0.02", "0.02")]
    assert margins(books, gulf, "2026-04-24") == [("2010", 2, "0.02", "0.00", "0.02")]
    assert rows(books, "finance.margin_errors", delta) == rows(books, "finance.margin_errors", gulf) == []
    cost = next(row for row in rows(books, "finance.carrier_costs", delta) if row.connector == "riyadh")
    assert (str(cost.rate), cost.currency, cost.accepted, cost.delivered, str(cost.amount)) == (
        "0.006000",
        "USD",
        4,
        1,
        "0.006000",
    )


def test_a_receipt_that_comes_late_costs_on_the_day_of_the_submission(books, carriers, story):
    delta, _, sent = story
    carriers.delivers(delta, sent["sa"], 2, at="2026-04-28 10:00")

    books.as_of("2026-04-27 00:00")
    assert margins(books, delta, "2026-04-24")[1] == ("966", 4, "1.80", "0.29", "1.51")
    written = "select campaign_id, xmin::text from intermediate.int_sent_counts"
    before = set(books.execute(written))
    books.as_of("2026-04-29 00:00")
    assert margins(books, delta, "2026-04-24")[1] == ("966", 4, "1.80", "0.58", "1.22")
    assert {campaign for campaign, _ in before ^ set(books.execute(written))} == {sent["sa"]}, (
        "only what has news is counted"
    )


def test_revenue_sums_up_to_the_ledger_to_the_cent(books, carriers, story):
    """CHARGING 18, 28: the minimum belongs to no network, and to the last day of its month."""
    delta, gulf, _ = story

    books.as_of("2026-05-02 00:00")

    assert margins(books, delta, "2026-04-30") == [(None, 0, "7.46", "0.00", "7.46")]
    for account, total in ((delta, "10.00"), (gulf, "0.06")):
        april = [row for row in rows(books, "finance.margin", account) if row.day.isoformat().startswith("2026-04")]
        assert str(sum(row.revenue for row in april)) == total
        assert str(usage_revenue(books, account)) == total


def test_builds_back_and_forth_leave_what_one_from_nothing_makes(books, carriers, story):
    delta, _, _ = story
    for at in ("2026-04-24 00:30", "2026-05-02 00:00", "2026-04-24 02:00"):
        books.as_of(at)
        known = counts(books)
        dbt("run", "--full-refresh", "--select", "int_sent_counts")
        assert counts(books) == known
    # at 00:30 nothing of the 24th was sent; at 02:00 it was, and no receipt had come
    assert margins(books, delta, "2026-04-24")[1] == ("966", 4, "1.80", "0.00", "1.80")
    books.as_of("2026-05-02 00:00")


def test_a_missing_rate_is_an_error_and_never_nought(books, carriers):
    kuwait = books.account("kuwait", currency="KWD")
    kuwait.buys(1000, at="2026-04-01 10:00", rate="0.005")
    other = books.account("other")
    other.buys(1000, at="2026-04-01 10:00", rate="0.10")
    campaign = carriers.sends(kuwait, 2, at="2026-04-20 10:00", by="riyadh", to="966")
    carriers.sends(other, 3, at="2026-04-20 10:00", by="spare", to="966")
    carriers.delivers(kuwait, campaign, 1, at="2026-04-20 11:00")

    books.as_of("2026-05-02 00:00")

    assert margins(books, kuwait, "2026-04-20") == [("966", 2, "0.010", None, None)]
    assert margins(books, other, "2026-04-20") == [("966", 3, "0.30", None, None)]
    told = [
        (row.account, row.day.isoformat(), row.connector, row.error, row.subject, row.segments)
        for account in (kuwait, other)
        for row in rows(books, "finance.margin_errors", account)
    ]
    assert told == [
        ("kuwait", "2026-04-20", "riyadh", "NO_FX_RATE", "USD into KWD", 1),
        ("other", "2026-04-20", "spare", "NO_BUY_RATE", "spare for STC", 3),
    ]

    carriers.asks("spare", "0.01", "EGP", network="+9")
    carriers.exchange("USD", "KWD", "0.3")
    books.as_of("2026-05-02 00:00")

    assert margins(books, kuwait, "2026-04-20") == [("966", 2, "0.010", "0.002", "0.008")]
    assert margins(books, other, "2026-04-20") == [("966", 3, "0.30", "0.03", "0.27")]


def test_the_loaded_past_and_a_shortfall_belong_to_no_network(books, carriers):
    """CHARGING 15: two segments without balance are served by the next order, at its rate and on its day."""
    past = books.account("past")
    past.buys(10, at="2026-04-01 10:00", rate="0.10")
    past.sends(4, at="2026-04-10 09:00")
    carriers.sends(past, 8, at="2026-04-10 10:00", by="cairo", to="2010")
    past.buys(10, at="2026-04-12 10:00", rate="0.20")

    books.as_of("2026-05-02 00:00")

    # 1.00 for twelve units, eight of them ours
    assert margins(books, past, "2026-04-10") == [("2010", 8, "0.67", "0.16", "0.51"), (None, 4, "0.33", None, None)]
    assert margins(books, past, "2026-04-12") == [(None, 0, "0.40", "0.00", "0.40")]
    assert str(usage_revenue(books, past)) == "1.40"


def test_a_statement_with_a_line_missing_and_a_line_too_many(books, carriers, story, tmp_path):
    delta, gulf, sent = story
    at = "2026-04-23T23:59:59.500+02:00"
    lines = [(message_id(sent["v"], n), number("2010", sent["v"], n), at) for n in (1, 2, 3)]
    lines.append((message_id(sent["we"], 1), number("2015", sent["we"], 1), at))
    missing = (message_id(sent["we"], 2), number("2015", sent["we"], 2), at)
    day = {"since": "2026-04-23 00:00", "until": "2026-04-23 23:59:59.999999"}

    outcome = carriers.states(tmp_path / "april.csv", "cairo", [*lines, ("beef", 201512345678, at)], **day)
    assert (outcome.agreed, outcome.only_in_statement, outcome.only_in_log) == (4, 1, 1)
    books.as_of("2026-05-02 00:00")

    def reconciled(account: Account) -> list[tuple[Any, ...]]:
        return [
            (row.connector, row.day.isoformat(), row.accepted, row.charged, row.stated, row.agrees, row.is_whole_day)
            for row in rows(books, "finance.carrier_reconciliation", account)
        ]

    assert reconciled(delta) == [("cairo", "2026-04-23", 5, 5, 4, False, True)]
    assert reconciled(gulf) == []
    (lacking,) = rows(books, "finance.carrier_differences", delta)
    assert (lacking.day.isoformat(), lacking.kind, lacking.campaign, lacking.ordinal) == (
        "2026-04-23",
        "only_in_log",
        sent["we"],
        2,
    )
    (extra,) = rows(books, "finance.carrier_differences", None)
    assert (extra.connector, extra.day.isoformat(), extra.kind, extra.statement) == (
        "cairo", "2026-04-23", "only_in_statement", "april.csv",
    )  # fmt: skip
    found = [one for one in reconcile(build_first=False)["disagreements"] if one["check"] == "statements"]
    assert [(one["account"], one["where"], one["found"]) for one in found] == [
        ("delta", "2026-04-23 cairo", "accepted 5, charged 5, on the statement 4"),
        ("(none)", "2026-04-23 cairo", "1 segments only_in_statement"),
    ]

    carriers.states(tmp_path / "supplement.csv", "cairo", [*lines, missing], **day)
    books.as_of("2026-05-02 00:00")
    assert reconciled(delta) == [("cairo", "2026-04-23", 5, 5, 5, True, True)]
    assert rows(books, "finance.carrier_differences", delta) == []


def test_states_and_prices_of_a_statement_are_compared(books, carriers, story, tmp_path):
    """V costs 0.02 a submission. One line says undelivered against a receipt, one delivered without any, one asks 0.03."""
    delta, _, sent = story
    carriers.delivers(delta, sent["v"], 1, at="2026-04-24 09:00")
    said = [("UNDELIV", "0.02"), ("DELIVRD", "0.03"), ("ENROUTE", "0.02")]
    file = tmp_path / "priced.csv"
    file.write_text(
        "message_id,destination,accepted_at,status,price,currency\n"
        + "".join(
            f"{message_id(sent['v'], n)},{number('2010', sent['v'], n)},2026-04-23T23:59:59+02:00,{status},{price},EGP\n"
            for n, (status, price) in enumerate(said, 1)
        )
    )
    settle(file, "cairo")
    found = reconcile(account="delta", build_first=False)["disagreements"]
    assert [(one["check"], one["where"], one["found"]) for one in found if one["check"] in ("states", "prices")] == [
        (
            "states",
            "2026-04-23 cairo",
            "0 delivered on the statement and not by receipts, 1 the other way round, 1 without a final receipt",
        ),
        (
            "prices",
            "2026-04-23 cairo",
            "1 segments priced otherwise: 0.030000 EGP on the statement, 0.020000 EGP agreed",
        ),
    ]
    file.write_text(file.read_text().replace("UNDELIV", "delivered").replace("DELIVRD", "sent").replace("0.03", "0.02"))
    settle(file, "cairo")
    books.execute(
        "update dispatch.statement_line set is_delivered = null where carrier_message_id = %s", message_id(sent["v"], 2)
    )
    found = reconcile(account="delta", build_first=False)["disagreements"]
    assert [one for one in found if one["check"] in ("states", "prices")] == []


def test_a_part_of_a_day_is_compared_within_its_time_only(books, carriers, tmp_path):
    """A statement that says no time is of the time from its first line to its last."""
    part = books.account("part")
    part.buys(100, at="2026-03-01 10:00", rate="0.10")
    first = carriers.sends(part, 1, at="2026-03-10 08:00", by="riyadh", to="966")
    inside = carriers.sends(part, 2, at="2026-03-10 09:00", by="riyadh", to="966")
    carriers.sends(part, 5, at="2026-03-10 12:00", by="riyadh", to="966")
    other = number("966", 999, 1)
    lines = [
        (message_id(first, 1), number("966", first, 1), "2026-03-10T08:00:00Z"),
        (message_id(inside, 1), other, "2026-03-10T09:00:00Z"),
        (message_id(inside, 2), number("966", inside, 2), "2026-03-10T10:00:00Z"),
    ]

    file = tmp_path / "part.csv"
    file.write_text("message_id,destination,accepted_at\n" + "".join(f"{a},{b},{c}\n" for a, b, c in lines))
    settle(file, "riyadh")
    settle(file, "riyadh")
    books.as_of("2026-05-02 00:00")

    (row,) = rows(books, "finance.carrier_reconciliation", part)
    assert (row.accepted, row.charged, row.stated, row.agrees, row.is_whole_day) == (3, 3, 2, False, False)
    (wrong,) = rows(books, "finance.carrier_differences", part)
    assert (wrong.kind, wrong.campaign, wrong.ordinal) == ("other_destination", inside, 1)
    assert books.execute("select count(*) from dispatch.statement where name = 'part.csv'").fetchone() == (1,)


@pytest.mark.parametrize("mart", MARTS)
def test_no_customer_sees_what_carriers_cost(books, story, mart):
    """Not even of its own account; staff's roles do."""
    _, gulf, _ = story
    with psycopg.connect(books.url) as web:
        web.execute("set role outbound_web")
        web.execute("select set_config('outbound.account', %s, true)", [str(gulf.account_id)])
        assert web.execute("select count(*) from finance.charges").fetchone() == (5,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute(f"select * from {mart}")
    for role in ("reporting", "billing", "operator"):
        with psycopg.connect(books.url) as staff:
            staff.execute(f"set role outbound_{role}")
            assert staff.execute(f"select count(*) >= 0 from {mart}").fetchone() == (True,)
