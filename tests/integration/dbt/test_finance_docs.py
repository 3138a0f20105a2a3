"""The worked examples of docs/explanation/charging.md: every table there is what a build makes of the example's facts."""

import re
from decimal import Decimal

import pytest

from outbound.settings import ROOT
from tests.integration.dbt.conftest import Account, Books, Figures, cairo

PAGE = ROOT / "docs" / "explanation" / "charging.md"
AS_OF = "2027-04-02 00:00"
CARD = [(1, "0.20"), (10_001, "0.18"), (50_001, "0.15")]


def l1(books: Books, name: str, *, used: int = 6_000, **term: str) -> Account:
    """10,000 units at 0.10, of which 6,000 are used by summer."""
    account = books.account(name, **term)
    account.buys(10_000, at="2026-03-15 10:00", rate="0.10", key="PO-1")
    if used:
        account.sends(used, at="2026-05-01 09:00", key="U-1")
    return account


@pytest.fixture(scope="module")
def figures(books: Books) -> Figures:
    short = l1(books, "short")
    short.buys(3_999, at="2026-09-01 12:00", rate="0.08", key="PO-2")
    for name, rate, valuation in [
        ("cheaper", "0.08", "rerate"),
        ("dearer", "0.12", "rerate"),
        ("blended", "0.08", "blended"),
    ]:
        account = l1(books, name, valuation=valuation)
        account.buys(5_000, at="2026-09-01 12:00", rate=rate, key="PO-2")
        account.sends(1_000, at="2026-10-01 09:00", key="U-2")
    goodwill = books.account("goodwill")
    goodwill.is_granted(1_000, at="2026-03-01 10:00", key="G-1")
    goodwill.buys(1_000, at="2026-03-15 10:00", rate="0.10", key="PO-1")
    goodwill.is_refunded(2_000, at="2026-03-20 10:00", key="R-1")
    debtor = books.account("debtor")
    debtor.buys(100, at="2026-03-15 10:00", rate="0.10", key="PO-1")
    debtor.sends(150, at="2026-03-16 10:00", key="U-1")
    debtor.buys(80, at="2026-04-01 10:00", rate="0.20", key="PO-2")
    returned = l1(books, "returned")
    returned.buys(5_000, at="2026-09-01 12:00", rate="0.08", key="PO-2")
    returned.is_given_back("U-1", at="2026-09-01 13:00", key="RV-1")
    for mode in ("graduated", "volume"):
        account = books.account(mode, scheme="postpaid", tier_mode=mode)
        account.has_card(*CARD)
        account.sends(60_000, at="2026-05-02 10:00")
    three = books.account("three-lines", scheme="postpaid")
    for zone in ("AE", "EG", "SA"):
        three.has_card((1, "0.1005"), zone=zone)
        three.sends(100, at="2026-05-02 10:00", zone=zone)
    committed = books.account("committed", scheme="postpaid")
    for since, minimum in [("2026-04-10", "1000"), ("2026-05-11", "2000"), ("2026-06-16", "0")]:
        committed.agrees(since, minimum_monthly=minimum)
    late = l1(books, "late", used=0)
    books.as_of(AS_OF)
    for number in range(15):
        late.closes(f"{2026 + number // 12}-{number % 12 + 1:02}")
    late.sends(500, at="2027-03-10 09:00", key="U-1")
    return books.as_of(AS_OF)


def tables() -> dict[str, list[list[str]]]:
    """The rows of the first table under each heading that names an example: `### ... (\\`short\\`)`."""
    found = {}
    for name, section in re.findall(
        r"^### [^\n]*\(`([a-z-]+)`\)$(.*?)(?=^#|\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL
    ):
        table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
        assert table, name
        rows = [line[1:-1].split("|") for line in table[0].splitlines()]
        found[name] = [[cell.strip() for cell in row] for row in rows[2:]]
    return found


def amount(value: Decimal) -> str:
    return str(value) if value else ""


def postings(figures: Figures, name: str) -> list[list[str]]:
    """entry, ledger account, debit, credit, units: in the order of events, as the page has them."""
    order = {
        "purchase": 0,
        "rollover": 1,
        "grant": 2,
        "refund": 3,
        "reversal": 4,
        "usage": 5,
        "expiry": 6,
        "month_end": 7,
    }
    lines = sorted(
        figures.of("finance.ledger_entries", name), key=lambda line: (line.at, order[line.kind], line.ledger_account)
    )
    return [
        [line.entry, line.ledger_account, amount(line.debit), amount(line.credit), str(line.units or "")]
        for line in lines
    ]


def bill(figures: Figures, name: str) -> list[list[str]]:
    lines = sorted(figures.of("finance.invoice_lines", name), key=lambda line: line.n)
    lines = [line for line in lines if line.month == "2026-05"]
    return [
        [line.zone, str(line.from_unit), str(line.quantity), f"{line.rate.normalize():f}", str(line.net), str(line.vat)]
        for line in lines
    ]


PREPAID = ["short", "cheaper", "dearer", "blended", "goodwill", "debtor", "returned", "late"]
POSTPAID = ["graduated", "volume", "three-lines"]


@pytest.mark.parametrize("name", PREPAID)
def test_the_page_has_the_entries_of_a_build(figures, name):
    assert tables()[name] == postings(figures, name)


@pytest.mark.parametrize("name", POSTPAID)
def test_the_page_has_the_lines_of_a_draft(figures, name):
    assert tables()[name] == bill(figures, name)


def test_the_page_has_what_each_month_commits_to(figures):
    lines = figures.of("finance.invoice_lines", "committed")
    assert [[month, net] for month, _, net in tables()["committed"]] == sorted(
        [line.month, str(line.net)] for line in lines if line.kind == "minimum"
    )


def test_no_example_of_the_page_is_without_a_story(figures):
    assert set(tables()) == {*PREPAID, *POSTPAID, "committed"}


def test_late_usage_is_not_folded_into_the_closed_month(figures):
    """CHARGING 16: sent in March, whose books were closed when it came."""
    (usage,) = {line.at for line in figures.of("finance.ledger_entries", "late") if line.kind == "usage"}
    assert usage == cairo("2027-04-01 00:00")
