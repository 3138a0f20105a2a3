"""A change of scheme takes effect at the start of a local month, and only when nothing of the old one remains (CHARGING 30)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from outbound import database
from tests.integration.billing.operator_at_work import SETUP
from tests.integration.billing.test_periods import waits


def month_to_come(operator, months: int = 2) -> date:
    return operator.sql(
        "select (date_trunc('month', now() at time zone 'Africa/Cairo') + make_interval(months => %s))::date", months
    )[0][0]


def applies(operator, since: date, scheme: str = "postpaid", account: str = "nile") -> str:
    """What apply says to another scheme from a day on; "" where it is done."""
    change = f"    terms: [{{from: {since}, scheme: {scheme}}}]\n"
    path = operator.folder / "changed.yaml"
    before, after = SETUP.split(f"  - name: {account}\n")
    path.write_text(f"{before}  - name: {account}\n{change}{after}")
    return operator.run("apply", path).error


def test_units_that_will_remain_then_refuse_it(operator):
    operator.does("purchase", "--account", "nile", "--units", 100, "--rate", "0.10")
    said = applies(operator, month_to_come(operator))
    assert "while anything remains (CHARGING 30): 100 units, 0 of shortfall, 0 promised" in said
    assert applies(operator, month_to_come(operator, 14)) == ""  # they have lapsed by then


def test_a_shortfall_refuses_it(operator):
    used = {"type": "usage", "id": "U", "at": operator.sql("select now()")[0][0].isoformat(), "units": 7, "zone": "EG"}
    operator.loads(used, account="nile")
    assert "0 units, 7 of shortfall" in applies(operator, month_to_come(operator))


@pytest.mark.parametrize("account", ["nile", "delta"])
def test_what_a_campaign_is_promised_or_in_doubt_refuses_it(operator, account):
    operator.loads({"type": "payment", "id": "P", "at": "2024-03-01T00:00:00Z", "amount": "1.00"}, account=account)
    operator.sql(
        "insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at)"
        " select account_id, 'campaign', 'x.csv', 1, 1, sha256('x'), '1.csv', 'command', now() from account.account"
        f" where name = '{account}'"
    )
    operator.sql(
        "insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender, rows, messages, segments, received_at,"
        " accepted_at) select 1, account_id, file_id, 'accepted', 'x', 'NILE', 5, 5, 5, now(), now() from intake.file"
    )
    operator.sql(
        "insert into account.reservation (campaign_id, account_id, segments) select campaign_id, account_id, 5"
        " from intake.campaign"
    )
    scheme = "postpaid" if account == "nile" else "prepaid"
    assert "5 promised or in doubt" in applies(operator, month_to_come(operator), scheme, account)
    operator.sql("update account.reservation set closed_at = now()")
    assert applies(operator, month_to_come(operator), scheme, account) == ""


def test_it_takes_effect_at_the_start_of_a_month_to_come(operator):
    operator.loads({"type": "payment", "id": "P", "at": "2024-03-01T00:00:00Z", "amount": "1.00"}, account="nile")
    first = month_to_come(operator)
    for day in (first.replace(day=2), month_to_come(operator, 0), month_to_come(operator, -1)):
        assert "takes effect at the start of a month to come (CHARGING 30)" in applies(operator, day)
    assert applies(operator, first) == ""


def test_no_units_are_added_that_would_outlive_the_scheme(operator):
    operator.does("purchase", "--account", "nile", "--units", 100, "--rate", "0.10", "--id", "PO-1")
    operator.loads(
        {"type": "usage", "id": "U", "at": operator.sql("select now()")[0][0].isoformat(), "units": 100, "zone": "EG"},
        account="nile",
    )
    first = month_to_come(operator)
    assert applies(operator, first) == ""  # nothing remains
    for words in (
        ("purchase", "--units", 1, "--rate", "1"),
        ("grant", "--units", 1, "--reason", "x"),
        ("reverse", "U", "--reason", "x"),
    ):
        answer = operator.run(*words, "--account", "nile")
        assert f"account nile is postpaid from {first} on, and units of this would still be valid then" in answer.error
    now = operator.sql("select now()")[0][0].isoformat()
    loaded = operator.loads({"type": "grant", "id": "G", "at": now, "units": 1}, account="nile")
    assert f"line 1: nile is postpaid from {first} on" in loaded.error
    assert operator.sql("select count(*) from account.adjustment") == [(0,)]


def test_what_an_order_was_judged_by_stays(operator):
    """An invoice says 14 % and the ledger goes by the terms of the day: neither they nor the tolerance change behind it."""
    operator.does("purchase", "--account", "nile", "--units", 100, "--rate", "0.10")
    path = operator.folder / "changed.yaml"
    path.write_text(SETUP.replace('vat_rate: "0.14"', 'vat_rate: "0.15"', 1))
    assert (
        "vat_rate cannot change from 1900-01-01 on: units were invoiced by it until"
        in operator.run("apply", path).error
    )
    path.write_text(SETUP.replace('vat_rate: "0.14"', 'vat_rate: "0.14"\n    recharge_tolerance: "0.1"', 1))
    assert "recharge_tolerance cannot change from 1900-01-01 on" in operator.run("apply", path).error


def test_terms_that_a_close_has_read_wait_for_it(operator):
    """A month is closed by the prices that its marts were built with; the change that came meanwhile is refused then."""
    operator.loads({"type": "payment", "id": "P", "at": "2024-03-01T00:00:00Z", "amount": "1.00"}, account="delta")
    path = operator.folder / "changed.yaml"
    path.write_text(SETUP.replace('rate: "0.1005"', 'rate: "0.2"'))
    with ThreadPoolExecutor() as pool, database.connect("billing") as closer:
        closer.execute("select pg_advisory_lock(hashtext('billing.build'))")
        applied = pool.submit(operator.run, "apply", path)
        assert waits(operator, applied)
        closer.execute(
            "insert into billing.closed_period (account_id, month, starts_at, ends_at, closed_by)"
            " select account_id, '2024-03-01', '2024-02-29 22:00Z', '2024-03-31 22:00Z', 'test' from account.account"
            " where name = 'delta'"
        )
        closer.commit()
        closer.execute("select pg_advisory_unlock(hashtext('billing.build'))")
        assert "the rate from 2020-01-01, changed here, is one that closed months used" in applied.result().error
