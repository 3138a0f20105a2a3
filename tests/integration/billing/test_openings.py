"""Where a migrating account's books begin: what it brings along balances, or nothing of the file is loaded."""

from decimal import Decimal

import pytest

LOT = {"units": 1_000, "rate": "0.10", "carrying_value": "100.00", "last_valid_day": "2099-07-31"}
OPENING = {
    "type": "opening", "id": "start", "at": "2026-01-01T00:00:00+02:00", "receivable": "250.00",
    "next_invoice_number": 501, "deferred_revenue": "100.00", "lots": [LOT],
}  # fmt: skip


def test_an_opening_that_balances_comes_in(operator):
    assert operator.loads(OPENING, account="nile").status == 0
    assert operator.sql("select receivable, next_invoice_number from account.opening") == [(Decimal("250.00"), 501)]
    assert operator.loads(OPENING, account="nile").json["known"] == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"lots": [LOT | {"carrying_value": "90.00"}]}, "lot 1: 1000 units at 0.10 are worth 100.00, not 90.00"),
        ({"deferred_revenue": "100.01"}, "the lots are worth 100.00 in all, the deferred revenue is said to be 100.01"),
        ({"lots": [], "deferred_revenue": "1.00"}, "the lots are worth 0 in all, the deferred revenue is said to be 1.00"),
        ({"lots": [LOT | {"last_valid_day": "2025-12-31"}]}, "lot 1: it was last valid on 2025-12-31 and has lapsed"),
        ({"lots": [LOT | {"opened_at": "2026-01-01T00:00:01+02:00"}]}, "lot 1: it was opened at"),
        ({"next_invoice_number": 0}, "next_invoice_number"),
    ],
)  # fmt: skip
def test_an_opening_that_does_not_balance_is_refused_by_its_line(operator, wrong, words):
    answer = operator.loads(OPENING | wrong, account="nile")
    assert answer.status == 1
    assert any(said.startswith("  line 1: ") and words in said for said in answer.error.splitlines()), answer.error
    assert operator.sql("select count(*) from account.opening") == [(0,)]


def test_a_lot_on_its_last_valid_day_has_not_lapsed(operator):
    """CHARGING 4: the opening's instant is still 2026-01-01 in Cairo."""
    last = {"at": "2026-01-01T23:59:59.999999+02:00", "lots": [LOT | {"last_valid_day": "2026-01-01"}]}
    assert operator.loads(OPENING | last, account="nile").status == 0


def test_the_blended_valuation_takes_any_value_of_a_lot(operator):
    """CHARGING 24: the money that is not recognised yet is spread over the units, whatever their rate."""
    operator.sql("update account.term set valuation = 'blended'")
    other = {"lots": [LOT | {"carrying_value": "90.00"}], "deferred_revenue": "90.00"}
    assert operator.loads(OPENING | other, account="nile").status == 0


def test_an_opening_comes_before_everything_else(operator):
    earlier = {"type": "payment", "id": "PAY-1", "at": "2025-12-31T23:59:59+02:00", "amount": "1.00"}
    together = operator.loads(OPENING, earlier, account="nile")
    assert "line 2: PAY-1 lies before the opening of nile, which is of 2025-12-31 22:00 UTC" in together.error
    operator.loads(earlier, account="nile")
    after_it = operator.loads(OPENING, account="nile")
    assert "line 1: something of nile lies before its opening: PAY-1" in after_it.error
    assert "delta is postpaid on that day: it has no units" in operator.loads(OPENING, account="delta").error


def test_a_second_opening_is_refused(operator):
    operator.loads(OPENING, account="nile")
    again = operator.loads(OPENING | {"id": "again"}, account="nile")
    assert "line 1: nile has an opening already: start" in again.error


@pytest.mark.parametrize(
    ("done", "what"),
    [
        (("purchase", "--units", 1_000, "--id", "OWN"), "invoice"),
        (("payment", "--amount", "1.00", "--id", "OWN"), "payment OWN"),
        (("grant", "--units", 5, "--reason", "outage", "--id", "OWN"), "grant OWN"),
    ],
)
def test_a_past_comes_before_the_account_s_own_operation(operator, done, what):
    """What works here has its doors, with a second person and tax documents; late use of the past may still come."""
    at = "2026-02-01T12:00:00+02:00"
    records = [
        OPENING,
        {"type": "purchase", "id": "PO-1", "at": at, "units": 10, "rate": "0.01"},
        {"type": "payment", "id": "PAY-1", "at": at, "amount": "1.00"},
        {"type": "grant", "id": "G-1", "at": at, "units": 500},
    ]
    assert operator.loads(records[1], account="nile").status == 0
    operator.does(done[0], "--account", "nile", *done[1:])
    for record in (OPENING, *(one | {"id": "NEW"} for one in records[1:])):
        refused = operator.loads(record, account="nile")
        assert f"line 1: nile works here already ({what}" in refused.error
    assert operator.loads(records[1], account="nile").json["known"] == 1
    used = {"type": "usage", "id": "U-1", "at": at, "units": 1, "zone": "EG"}
    assert operator.loads(used, account="nile").status == 0


def test_a_past_comes_before_the_account_s_first_campaign(operator):
    operator.sql(
        "with file as (insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by,"
        " stable_at, state, outcome, ack, answered_at) select account_id, 'campaign', 'a.csv', 1, 1, sha256('a'), '-',"
        " 'marker', now(), 'answered', 'accepted', '{}', now() from account.account where name = 'nile'"
        " returning file_id, account_id) insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender, rows,"
        " messages, segments, received_at, accepted_at, dispatched_at) select 1, account_id, file_id, 'accepted', 'a', 'NILE',"
        " 1, 1, 1, now(), now(), now() from file"
    )
    assert "nile works here already (campaign " in operator.loads(OPENING, account="nile").error
    delta = OPENING | {"lots": [], "deferred_revenue": None}
    assert operator.loads(delta, account="delta").status == 0  # another account moves later


def test_the_series_goes_on_where_the_former_system_left_off_without_a_gap(operator):
    """CHARGING 29: of the legal entity, whichever of its accounts is invoiced first."""
    delta = OPENING | {"lots": [], "deferred_revenue": None, "account": "delta"}
    assert operator.loads(OPENING | {"account": "nile"}, delta).status == 0
    labels = [operator.does("purchase", "--account", "nile", "--units", 1)["invoice"][-6:] for _ in range(3)]
    assert labels == ["000501", "000502", "000503"]


def test_a_next_number_that_is_taken_or_contradicts_another_is_refused(operator):
    operator.loads(OPENING, account="nile")
    delta = OPENING | {"lots": [], "deferred_revenue": None, "next_invoice_number": 700}
    contradicts = operator.loads(delta, account="delta")
    assert "line 1: the opening of nile says that the next invoice number is 501, not 700" in contradicts.error
    operator.does("purchase", "--account", "nile", "--units", 1)
    taken = operator.loads(delta | {"next_invoice_number": 501}, account="delta")
    assert "line 1: the series of invoices has reached 501: the next number cannot be 501" in taken.error


def test_a_series_in_which_nothing_was_numbered_yet_takes_the_next_number(operator):
    operator.sql(
        "insert into billing.document_counter (legal_entity_id, series, year)"
        " select legal_entity_id, 'invoice', extract(year from now() at time zone timezone) from account.legal_entity"
    )
    operator.loads(OPENING, account="nile")
    assert operator.does("purchase", "--account", "nile", "--units", 1)["invoice"].endswith("-000501")
