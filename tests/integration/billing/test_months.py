"""A month's life: what keeps it open, closing, issuing, what comes late, and that nothing done ever changes."""

from decimal import Decimal

import pytest

from billing.build import dbt
from billing.closing import NotClosed, close
from billing.issuing import NotIssued, issue
from outbound import clock
from tests.integration.billing.operator_at_work import SETUP


def used(key: str, at: str, units: int, account: str = "delta", zone: str = "EG") -> dict:
    return {"type": "usage", "id": key, "at": at, "units": units, "zone": zone, "account": account}


BOUGHT = {"type": "purchase", "id": "PO-1", "at": "2024-03-15T10:00:00+02:00", "units": 10_000, "account": "nile"}


def snapshot(operator) -> dict[str, list]:
    """What was issued, and what the marts say of it."""
    return {
        "invoices": operator.sql("select * from billing.invoice order by invoice_id"),
        "lines": operator.sql("select * from billing.invoice_line order by invoice_id, n"),
        "months": operator.sql("select * from billing.closed_period order by account_id, month"),
        "marts": operator.sql("select * from finance.invoice_lines where status = 'issued' order by invoice, n"),
        "deferred": operator.sql(
            "select * from finance.deferred_revenue where month <= '2024-04' order by account, month"
        ),
    }


def test_a_month_that_is_not_over_stays_open(operator):
    operator.loads(used("U-1", clock.now().isoformat(), 100))
    with pytest.raises(NotClosed, match="is not over"):
        close(f"{clock.now():%Y-%m}")


def test_the_life_of_a_month(operator):
    operator.loads(
        BOUGHT,
        used("U-1", "2024-03-20T10:00:00+02:00", 100),
        used("U-2", "2024-04-20T10:00:00+02:00", 100),
        used("N-1", "2024-03-20T10:00:00+02:00", 4_000, "nile"),
        used("X-1", "2024-04-30T23:59:59.999999+03:00", 3, zone="XX"),
    )
    with pytest.raises(NotClosed, match=r"(?s)delta: 2024-03 is still open.*nile: 2024-03 is still open"):
        close("2024-04")  # months close one by one
    with pytest.raises(NotIssued, match="outbound close-month"):
        issue("2024-03")
    closed = operator.does("close-month", "2024-03")["closed"]
    assert [(row["account"], row["net"], row["closing"]) for row in closed] == [
        ("delta", "10.05", None),
        ("nile", None, "480.00"),
    ]
    assert close("2024-03") == []  # it is closed already

    (invoice,) = operator.does("issue", "2024-03")["issued"]
    assert (invoice["net"], invoice["vat"], invoice["total"]) == ("10.05", "1.41", "11.46")
    assert issue("2024-03") == []

    with pytest.raises(NotClosed, match=r"delta: NO_RATE XX on 2024-04-30 \(3\) cannot be charged"):
        close("2024-04")  # nile's closes all the same
    operator.sql(
        "insert into account.rate_row (account_id, zone, effective_from, rate)"
        " select account_id, 'XX', '2024-01-01', 0.5 from account.account where name = 'delta'"
    )
    operator.loads(used("U-3", "2024-03-21T10:00:00+02:00", 40))  # late: its month is closed
    assert [row["net"] for row in close("2024-04")] == [operator.sql("select 10.05 + 4.02 + 1.50")[0][0]]
    assert operator.sql("select kind, quantity from finance.invoice_lines where month = '2024-04' order by n") == [
        ("usage", 100),
        ("usage", 3),
        ("late_usage", 40),
    ]

    before = snapshot(operator)
    assert before["lines"]
    dbt("build", "--exclude-resource-type", "unit_test", "--full-refresh")
    assert snapshot(operator) == before
    assert operator.does("reconcile")["agrees"] is True

    operator.sql("update account.rate_row set rate = 0.6 where zone = 'XX'")  # past the guards of apply
    answer = operator.run("reconcile", "--json")
    assert answer.status == 1
    assert [(row["check"], row["where"]) for row in answer.json["disagreements"]] == [("months", "2024-04")]
    with pytest.raises(NotIssued, match=r"delta: the draft of 2024-04 is not what was closed"):
        issue("2024-04")


def test_a_month_with_an_attempt_in_doubt_stays_open(operator):
    operator.loads(used("U-1", "2024-03-20T10:00:00+02:00", 100))
    operator.sql("select dispatch.ensure_days('2024-03-21', '2024-03-21')")
    operator.sql(
        "insert into dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, sent_at, epoch_id,"
        " intent_serial, connector_id, session, sequence, reference, network_id, zone)"
        " select account_id, 1, 1, 1, 1, 'in_doubt', '2024-03-21 10:00Z', 1, 1, 1, 1, 1, 1, 1, 'EG'"
        " from account.account where name = 'delta'"
    )
    with pytest.raises(NotClosed, match="delta: 1 attempts are in doubt"):
        close("2024-03")
    operator.sql(
        "insert into dispatch.settlement (account_id, campaign_id, ordinal, segment, attempt, state, proof)"
        " select account_id, 1, 1, 1, 1, 'unknown', 'time_limit' from account.account where name = 'delta'"
    )
    assert [row["account"] for row in close("2024-03")] == ["delta"]


def test_an_account_that_cannot_be_closed_keeps_nobody_else_s_invoice_back(operator):
    """gamma has used what nobody has a rate for; delta's month is closed and issued all the same."""
    with_gamma = SETUP + (
        "  - {name: gamma, scheme: postpaid, currency: EGP, rates: [{zone: EG, from: 2020-01-01, rate: '0.20'}]}\n"
    )
    operator.applies(with_gamma)
    operator.loads(
        used("U-1", "2024-03-20T10:00:00+02:00", 100),
        used("G-1", "2024-03-20T10:00:00+02:00", 100, "gamma"),
        used("G-2", "2024-03-21T10:00:00+02:00", 3, "gamma", zone="XX"),
    )
    with pytest.raises(NotClosed, match=r"gamma: NO_RATE XX"):
        close("2024-03")
    assert operator.run("issue", "2024-03", "--dry-run").error.splitlines() == [
        "2024-03 is not issued of all:",
        "gamma: 2024-03 is still open: outbound close-month 2024-03",
    ]
    with pytest.raises(NotIssued) as refused:
        issue("2024-03")
    ((label,),) = operator.sql("select label from billing.invoice")
    assert str(refused.value).splitlines() == [
        "2024-03 is not issued of all:",
        "gamma: 2024-03 is still open: outbound close-month 2024-03",
        f"Issued: {label} to delta.",
    ]
    assert operator.sql("select account, total from finance.invoices where status = 'issued'") == [
        ("delta", Decimal("11.46"))
    ]
    assert issue("2024-03", account="delta") == []
