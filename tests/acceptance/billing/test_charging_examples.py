"""The worked examples of docs/reference/charging.md, each with its literal amounts, through the commands alone."""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.integration.billing.operator_at_work import Operator

TEMPLATE = "outbound_template"
PREPAID = ["l1", "more", "exact", "short", "leap", "thirds", "goodwill"]
TIERS = [(1, "0.20"), (10_001, "0.18"), (50_001, "0.15")]
ZONES = ["EG", "SA", "AE"]


def setup() -> dict[str, Any]:
    """Every example is an account; postpaid ones have the card of the example."""
    start = {"from": "2026-01-01"}
    shared = {"currency": "EGP", "timezone": "Africa/Cairo", "vat_rate": "0.14"}
    tiers = [start | {"zone": "EG", "from_unit": unit, "rate": rate} for unit, rate in TIERS]
    three = [start | {"zone": zone, "rate": "0.1005"} for zone in ZONES]
    return {
        "legal_entity": {"name": "Example Telecom", "country": "EG", "timezone": "Africa/Cairo"},
        "networks": [{"prefix": "2010", "operator": "Vodafone EG", "country": "EG", "zone": "EG"}],
        "accounts": [
            *[shared | {"name": name, "scheme": "prepaid"} for name in PREPAID],
            *[
                shared | {"name": mode, "scheme": "postpaid", "tier_mode": mode, "rates": tiers}
                for mode in ("graduated", "volume")
            ],
            shared | {"name": "three-lines", "scheme": "postpaid", "rates": three},
        ],
    }


def bought(account: str, units: int, rate: str, at: str) -> dict[str, Any]:
    return {"type": "purchase", "account": account, "id": f"PO {at}", "at": at, "units": units, "rate": rate}


def used(account: str, units: int, at: str, zone: str = "EG") -> dict[str, Any]:
    return {"type": "usage", "account": account, "id": f"U {at} {zone}", "at": at, "units": units, "zone": zone}


def history() -> Iterator[dict[str, Any]]:
    for account in ("l1", "more", "exact", "short"):
        yield bought(account, 10_000, "0.10", "2026-03-15T10:00:00+02:00")
    for account in ("more", "exact", "short"):
        yield used(account, 6_000, "2026-05-01T09:00:00+03:00")
    yield bought("more", 5_000, "0.08", "2026-09-01T12:00:00+03:00")
    yield bought("exact", 4_000, "0.09", "2026-09-01T12:00:00+03:00")
    yield bought("short", 3_999, "0.08", "2026-09-01T12:00:00+03:00")
    yield bought("leap", 10, "0.10", "2028-02-29T12:00:00+02:00")
    yield bought("thirds", 3, "0.005", "2026-03-15T10:00:00+02:00")
    yield used("thirds", 1, "2026-03-16T10:00:00+02:00")
    yield used("thirds", 1, "2026-03-17T10:00:00+02:00")
    yield {"type": "grant", "account": "goodwill", "id": "G", "at": "2026-03-01T10:00:00+02:00", "units": 1_000}
    yield bought("goodwill", 1_000, "0.10", "2026-03-15T10:00:00+02:00")
    yield {"type": "refund", "account": "goodwill", "id": "R", "at": "2026-03-20T10:00:00+02:00", "units": 2_000}
    yield used("graduated", 60_000, "2026-05-02T10:00:00+03:00")
    yield used("volume", 60_000, "2026-05-02T10:00:00+03:00")
    for zone in ZONES:
        yield used("three-lines", 100, "2026-05-02T10:00:00+03:00", zone)


class Marts:
    """What `outbound export` hands out after a build for an instant."""

    def __init__(self, operator: Operator, as_of: str) -> None:
        operator.does("build", "--as-of", as_of)
        self.tables = {
            name: json.loads(operator.run("export", f"finance.{name}", "--format", "json").output, parse_float=Decimal)
            for name in ("prepaid_lots", "ledger_entries", "invoice_lines")
        }

    def lots(self, account: str) -> list[tuple[int, Decimal, str]]:
        rows = [row for row in self.tables["prepaid_lots"] if row["account"] == account and row["remaining"]]
        return sorted((row["remaining"], Decimal(row["rate"]), row["last_valid_day"]) for row in rows)

    def ledger(self, account: str) -> dict[str, Decimal]:
        """Balances by code: debits of 1200 and 4300, credits of the others; nil ones left out."""
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for row in self.tables["ledger_entries"]:
            if row["account"] == account:
                code = row["ledger_account"][:4]
                side = 1 if code in ("1200", "4300") else -1
                totals[code] += side * (Decimal(row["debit"]) - Decimal(row["credit"]))
        return {code: amount for code, amount in totals.items() if amount}

    def total(self, account: str) -> tuple[Decimal, Decimal]:
        """(VAT, total with VAT) of the month's lines."""
        rows = [row for row in self.tables["invoice_lines"] if row["account"] == account and row["month"] == "2026-05"]
        vat = sum(Decimal(row["vat"]) for row in rows)
        return vat, vat + sum(Decimal(row["net"]) for row in rows)


CODES = {
    "receivable": "1200",
    "deferred": "2100",
    "vat": "2200",
    "usage": "4100",
    "breakage": "4200",
    "revaluation": "4300",
}


def money(**amounts: str) -> dict[str, Decimal]:
    return {CODES[name]: Decimal(amount) for name, amount in amounts.items()}


@pytest.fixture(scope="module")
def operator(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """One set-up, one history; the examples differ only in what they look at."""
    folder: Path = tmp_path_factory.mktemp("operator")
    name = f"test_{uuid.uuid4().hex[:16]}"
    url = server.rpartition("/")[0] + "/" + name
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"create database {name} template {TEMPLATE} strategy file_copy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        patch.setenv("OUTBOUND_HOME", str(folder))
        there = Operator(url, folder)
        there.applies(json.dumps(setup()))
        answer = there.loads(*history())
        assert answer.status == 0, answer
        yield there
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"drop database if exists {name} with (force)")


@pytest.fixture(scope="module")
def autumn(operator: Operator) -> Marts:
    return Marts(operator, "2026-09-02T00:00:00+03:00")


@pytest.fixture(scope="module")
def expiry(operator: Operator, autumn: Marts) -> Marts:
    return Marts(operator, "2027-03-16T00:00:00+02:00")


@pytest.fixture(scope="module")
def leap_year(operator: Operator, expiry: Marts) -> Marts:
    return Marts(operator, "2028-03-01T00:00:00+02:00")


def test_l1(autumn):
    assert autumn.lots("l1") == [(10_000, Decimal("0.10"), "2027-03-15")]
    assert autumn.ledger("l1") == money(receivable="1140.00", deferred="1000.00", vat="140.00")


def test_a_larger_recharge_extends_and_rerates(autumn):
    assert autumn.lots("more") == [(9_000, Decimal("0.08"), "2027-09-01")]
    ledger = autumn.ledger("more")
    assert ledger == money(receivable="1596.00", deferred="720.00", vat="196.00", usage="600.00", revaluation="-80.00")


def test_exactly_what_remains_extends(autumn):
    assert autumn.lots("exact") == [(8_000, Decimal("0.09"), "2027-09-01")]
    assert {"2100": Decimal("720.00"), "4300": Decimal("-40.00")}.items() <= autumn.ledger("exact").items()


def test_one_short_is_a_lot_of_its_own(autumn):
    assert autumn.lots("short") == [(3_999, Decimal("0.08"), "2027-09-01"), (4_000, Decimal("0.10"), "2027-03-15")]
    assert autumn.ledger("short")["2100"] == Decimal("719.92")
    assert "4300" not in autumn.ledger("short")


def test_the_older_lot_lapses_at_midnight_in_cairo(expiry):
    assert [lot[0] for lot in expiry.lots("short")] == [3_999]
    assert {"4200": Decimal("400.00"), "2100": Decimal("319.92")}.items() <= expiry.ledger("short").items()


def test_bought_on_a_leap_day(leap_year):
    assert leap_year.lots("leap") == [(10, Decimal("0.10"), "2029-02-28")]


def test_three_units_at_half_a_cent(autumn):
    assert [lot[0] for lot in autumn.lots("thirds")] == [1]
    assert {"2100": Decimal("0.01"), "4100": Decimal("0.01")}.items() <= autumn.ledger("thirds").items()


def test_a_refund_of_goodwill_and_paid_units(autumn):
    assert autumn.lots("goodwill") == []
    refund = [
        row for row in autumn.tables["ledger_entries"] if row["account"] == "goodwill" and row["kind"] == "refund"
    ]
    by_code = {row["ledger_account"][:4]: Decimal(row["debit"]) - Decimal(row["credit"]) for row in refund}
    assert by_code["1200"] == -(Decimal("100.00") + Decimal("14.00"))
    assert by_code["2200"] == Decimal("14.00")


@pytest.mark.parametrize(("mode", "total"), [("graduated", "12198.00"), ("volume", "10260.00")])
def test_sixty_thousand_in_one_zone(autumn, mode, total):
    assert autumn.total(mode)[1] == Decimal(total)


def test_vat_is_rounded_line_by_line(autumn):
    assert autumn.total("three-lines") == (Decimal("4.23"), Decimal("34.38"))


def test_going_back_in_time_shows_the_past_again(operator, leap_year):
    spring = Marts(operator, "2026-04-15T00:00:00+02:00")
    assert spring.lots("more") == spring.lots("l1") == [(10_000, Decimal("0.10"), "2027-03-15")]
