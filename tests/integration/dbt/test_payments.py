"""What is paid, what it settles and what is left, as a finance department would tell it (CHARGING 25), with dates and cents."""

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.integration.dbt.conftest import Books, Figures, cairo

EDGES = {
    0: "2026-05-02", 1: "2026-05-01", 30: "2026-04-02", 31: "2026-04-01", 60: "2026-03-03", 61: "2026-03-02",
    90: "2026-02-01", 91: "2026-01-31",
}  # fmt: skip


@pytest.fixture(scope="module")
def stories(books: Books) -> Books:
    """Each story is an account, postpaid where it does not say else; invoices are due after 30 days."""

    def postpaid(name: str, **term: Any):
        return books.account(name, scheme="postpaid", **term)

    partial = postpaid("partial")
    partial.is_invoiced("1000.00", vat="140.00", at="2026-04-01 10:00", label="2026-101")
    partial.is_invoiced("500.00", vat="70.00", at="2026-05-01 10:00", label="2026-102")
    partial.pays("1000.00", at="2026-05-10 09:00", key="P-1")
    partial.pays("200.00", at="2026-05-11 09:00", key="P-2")

    over = postpaid("over")
    over.is_invoiced("100.00", vat="14.00", at="2026-04-01 10:00", label="2026-111")
    over.pays("150.00", at="2026-04-20 09:00", key="P-1")

    named = postpaid("named")
    named.is_invoiced("100.00", at="2026-04-01 10:00", label="2026-121")
    second = named.is_invoiced("80.00", at="2026-05-01 10:00", label="2026-122")
    named.pays("60.00", at="2026-05-05 09:00", key="EARLIER")
    named.pays("90.00", at="2026-05-10 09:00", key="NAMES", names=second)

    withheld = postpaid("withheld")
    taxed = withheld.is_invoiced("1000.00", vat="140.00", at="2026-04-01 10:00", label="2026-131")
    withheld.pays("1120.00", at="2026-04-20 09:00", names=taxed, key="P-1", withheld="20.00", certificate="41/2026/77")

    credited = postpaid("credited")
    line = credited.is_invoiced("1000.00", vat="140.00", at="2026-04-01 10:00", label="2026-141")
    credited.pays("1140.00", at="2026-04-20 09:00", key="P-1")
    credited.is_credited("100.00", vat="14.00", of=line, at="2026-04-25 10:00", label="CN-2026-141")
    credited.is_invoiced("300.00", at="2026-05-01 10:00", label="2026-142")

    void = postpaid("void")
    wrong = void.is_invoiced("100.00", at="2026-04-01 10:00", label="2026-151")
    void.pays("100.00", at="2026-04-01 12:00", key="P-1", names=wrong)
    void.is_void(wrong, at="2026-04-01 15:00")
    void.is_invoiced("90.00", at="2026-04-02 10:00", label="2026-152")

    bounced = postpaid("bounced")
    bounced.is_invoiced("100.00", vat="14.00", at="2026-04-01 10:00", label="2026-191")
    bounced.is_invoiced("50.00", vat="7.00", at="2026-05-01 10:00", label="2026-192")
    bounced.pays("110.00", at="2026-04-20 09:00", key="CHEQUE", withheld="4.00", certificate="41/2026/78")
    bounced.pays("57.00", at="2026-05-05 09:00", key="TRANSFER")
    bounced.has_payment_taken_back("CHEQUE", at="2026-05-10 09:00", key="BACK")

    paid_out = postpaid("paid-out")
    paid_out.is_invoiced("100.00", vat="14.00", at="2026-04-01 10:00", label="2026-193")
    paid_out.pays("150.00", at="2026-04-20 09:00", key="P-1")
    paid_out.changes_receivable("payout", "36.00", at="2026-05-10 09:00", key="OUT")

    given_up = postpaid("given-up")
    lost = given_up.is_invoiced("100.00", vat="14.00", at="2026-04-01 10:00", label="2026-194")
    given_up.is_invoiced("50.00", vat="7.00", at="2026-05-01 10:00", label="2026-195")
    given_up.pays("14.00", at="2026-04-20 09:00", key="P-1", names=lost)
    given_up.changes_receivable("write_off", "100.00", at="2026-05-10 09:00", key="OFF", invoice_id=lost)
    given_up.pays("60.00", at="2026-05-12 09:00", key="P-2", names=lost)

    for name in ("twin-1", "twin-2"):
        twin = postpaid(name)
        twin.is_invoiced("10.00", at="2026-04-01 10:00", label=f"2026-16{name[-1]}")
        twin.pays("4.00" if name == "twin-1" else "10.00", at="2026-04-02 10:00", key="PAY-1", reference="FT-1")

    early = postpaid("early")
    early.pays("70.00", at="2026-03-20 10:00", key="P-1")
    early.is_invoiced("100.00", at="2026-04-01 10:00", label="2026-171")

    buyer = books.account("buyer")
    buyer.buys(10_000, at="2026-03-15 10:00", rate="0.10", key="PO-1")
    buyer.buys(10_000, at="2026-04-01 10:00", rate="0.10", key="PO-2")
    buyer.is_refunded(1_000, at="2026-04-02 10:00")
    buyer.pays("1140.00", at="2026-04-03 10:00", key="P-1")

    # 30 days after its day, one minute before its end in Cairo, each was due so many days before 1 June
    for overdue, day in EDGES.items():
        postpaid(f"overdue-{overdue}").is_invoiced("100.00", at=f"{day} 23:59", label=f"2026-2{overdue:02}")

    changed = postpaid("changed")
    books.execute(
        "insert into account.term (account_id, effective_from, scheme, currency, vat_rate, payment_days)"
        " values (%s, '2026-05-05', 'postpaid', 'EGP', 0.14, 15)",
        changed.account_id,
    )
    changed.is_invoiced("100.00", at="2026-05-04 23:59", label="2026-181")
    changed.is_invoiced("7.00", at="2026-05-05 00:00", label="2026-182")
    books.execute("update account.term set payment_days = 90 where account_id = %s", changed.account_id)

    migrant = postpaid("migrant")
    books.execute(
        "insert into account.opening (account_id, business_key, at, receivable)"
        " values (%s, 'start', '2026-01-01 00:00+02', 250.00)",
        migrant.account_id,
    )
    migrant.pays("100.00", at="2026-02-01 10:00", key="P-1")
    return books


@pytest.fixture(scope="module")
def june(stories: Books) -> Figures:
    return stories.as_of("2026-06-01 00:00")


@pytest.fixture(scope="module")
def evening(stories: Books, june: Figures) -> Figures:
    return stories.as_of("2026-05-31 23:59")


def settled(figures: Figures, account: str) -> list[tuple[str, str, str]]:
    rows = figures.of("finance.payment_allocations", account)
    return sorted((row.document, row.settled_document, str(row.amount)) for row in rows)


def open_(figures: Figures, account: str) -> list[tuple[str, str, str]]:
    rows = figures.of("finance.receivables_ageing", account)
    return sorted((row.document, row.bucket, str(row.open)) for row in rows)


def test_a_partial_payment_settles_the_oldest_first(june):
    """1,200.00 for 1,140.00 of April and 570.00 of May: 60.00 reach May."""
    assert settled(june, "partial") == [
        ("P-1", "2026-101", "1000.00"), ("P-2", "2026-101", "140.00"), ("P-2", "2026-102", "60.00"),
    ]  # fmt: skip
    assert open_(june, "partial") == [("2026-102", "1-30", "510.00")]
    assert june.ledger("partial")["receivable"] == "510.00"


def test_what_is_paid_too_much_stays_on_account(june):
    assert settled(june, "over") == [("P-1", "2026-111", "114.00")]
    assert open_(june, "over") == [("P-1", "on account", "-36.00")]


def test_what_is_named_comes_before_the_oldest(june):
    """90.00 for an invoice of 80.00: it is settled, and 10.00 go with the earlier 60.00 to the older one."""
    assert settled(june, "named") == [
        ("EARLIER", "2026-121", "60.00"), ("NAMES", "2026-121", "10.00"), ("NAMES", "2026-122", "80.00"),
    ]  # fmt: skip
    assert open_(june, "named") == [("2026-121", "31-60", "30.00")]


def test_tax_withheld_at_source_settles_like_money(june):
    assert settled(june, "withheld") == [("P-1", "2026-131", "1140.00")]
    assert open_(june, "withheld") == []
    ledger = june.ledger("withheld")
    assert (ledger["bank"], ledger["withholding tax receivable"]) == ("1120.00", "20.00")
    assert "receivable" not in ledger
    lines = june.of("finance.account_statements", "withheld")
    assert [(line.kind, line.reference, str(line.balance)) for line in sorted(lines, key=lambda line: line.n)] == [
        ("invoice", None, "1140.00"), ("payment", "41/2026/77", "20.00"), ("tax withheld", "41/2026/77", "0.00"),
    ]  # fmt: skip


def test_a_credit_note_frees_what_was_paid_for_the_next_invoice(june):
    """114.00 of the 1,140.00 are credited after they were paid: the payment's rest goes to May's 300.00."""
    assert settled(june, "credited") == [
        ("CN-2026-141", "2026-141", "114.00"), ("P-1", "2026-141", "1026.00"), ("P-1", "2026-142", "114.00"),
    ]  # fmt: skip
    assert open_(june, "credited") == [("2026-142", "1-30", "186.00")]


def test_a_void_invoice_gives_its_money_back(june):
    assert settled(june, "void") == [("P-1", "2026-152", "90.00")]
    assert open_(june, "void") == [("P-1", "on account", "-10.00")]
    lines = june.of("finance.account_statements", "void")
    assert [(line.kind, line.document, str(line.balance)) for line in sorted(lines, key=lambda line: line.n)] == [
        ("invoice", "2026-151", "100.00"), ("payment", "P-1", "0.00"), ("void", "2026-151", "-100.00"),
        ("invoice", "2026-152", "-10.00"),
    ]  # fmt: skip


def test_a_payment_that_was_taken_back_frees_what_it_settled(stories, june):
    """114.00 settled April: that is open again, and the later 57.00 are for it first."""
    assert settled(june, "bounced") == [("TRANSFER", "2026-191", "57.00")]
    assert open_(june, "bounced") == [("2026-191", "31-60", "57.00"), ("2026-192", "1-30", "57.00")]
    ledger = june.ledger("bounced")
    assert (ledger["bank"], ledger["receivable"]) == ("57.00", "114.00")
    assert "withholding tax receivable" not in ledger
    lines = sorted(june.of("finance.account_statements", "bounced"), key=lambda line: line.n)
    assert [(line.kind, line.document, str(line.balance)) for line in lines] == [
        ("invoice", "2026-191", "114.00"), ("payment", "CHEQUE", "4.00"), ("tax withheld", "CHEQUE", "0.00"),
        ("invoice", "2026-192", "57.00"), ("payment", "TRANSFER", "0.00"), ("payment_reversal", "BACK", "114.00"),
    ]  # fmt: skip


def test_until_it_was_taken_back_it_counted(stories, june):
    before = stories.as_of("2026-05-10 08:59")
    assert settled(before, "bounced") == [("CHEQUE", "2026-191", "114.00"), ("TRANSFER", "2026-192", "57.00")]
    assert (open_(before, "bounced"), open_(before, "paid-out")) == ([], [("P-1", "on account", "-36.00")])


def test_a_payout_takes_what_is_on_account(june):
    assert settled(june, "paid-out") == [("P-1", "2026-193", "114.00"), ("P-1", "OUT", "36.00")]
    assert open_(june, "paid-out") == []
    assert (june.ledger("paid-out")["bank"], "receivable" in june.ledger("paid-out")) == ("114.00", False)


def test_money_that_comes_for_what_was_given_up_is_for_the_next(june):
    """100.00 of the 114.00 are a bad debt; 60.00 that name it later settle the other one."""
    assert settled(june, "given-up") == [
        ("OFF", "2026-194", "100.00"), ("P-1", "2026-194", "14.00"), ("P-2", "2026-195", "57.00"),
    ]  # fmt: skip
    assert open_(june, "given-up") == [("P-2", "on account", "-3.00")]
    ledger = june.ledger("given-up")
    assert (ledger["bad debts"], ledger["receivable"]) == ("100.00", "-3.00")


def test_what_is_owed_is_one_sum_by_every_way_to_it(stories, june, evening):
    """The ledger's 1200, ageing, the statement of account, and what orders and limits go by: void, credited or neither (CHARGING 25)."""
    invoice = "select invoice_id from billing.invoice where label = '2026-151'"
    with pytest.raises(
        psycopg.errors.IntegrityConstraintViolation, match="2026-151 is void: there is nothing to credit"
    ):
        stories.execute(
            "insert into billing.credit_note (account_id, legal_entity_id, year, number, label, invoice_id, line, issue_day,"
            f" issued_by, reason, net, vat, content_hash) select account_id, legal_entity_id, 2026, 9, 'CN-9', ({invoice}), 1,"
            " '2026-04-02', 'test', 'x', 1, 0, sha256('') from billing.invoice where label = '2026-151'"
        )
    for figures, at in ((june, "2026-06-01 00:00"), (evening, "2026-05-31 23:59")):
        live = dict(
            stories.execute("select name, billing.owed(account_id, %s) from account.account", cairo(at)).fetchall()
        )
        for account, owed in live.items():
            lines = sorted(figures.of("finance.account_statements", account), key=lambda line: line.n)
            aged = sum(row.open for row in figures.of("finance.receivables_ageing", account))
            booked = Decimal(figures.ledger(account).get("receivable", 0))
            assert (owed, aged, lines[-1].balance) == (booked, booked, booked), (account, at)


def test_the_same_ids_and_references_of_two_accounts_do_not_meet(june):
    assert settled(june, "twin-1") == [("PAY-1", "2026-161", "4.00")]
    assert settled(june, "twin-2") == [("PAY-1", "2026-162", "10.00")]
    assert (open_(june, "twin-1"), open_(june, "twin-2")) == ([("2026-161", "31-60", "6.00")], [])


def test_a_payment_before_its_invoice_waits_on_account(stories, june):
    march = stories.as_of("2026-03-31 00:00")
    assert (settled(march, "early"), open_(march, "early")) == ([], [("P-1", "on account", "-70.00")])
    assert settled(june, "early") == [("P-1", "2026-171", "70.00")]
    assert open_(june, "early") == [("2026-171", "31-60", "30.00")]


def test_a_purchase_is_settled_like_an_invoice_and_a_refund_credits_the_newest(june):
    """Two of 1,140.00; 114.00 of the second are refunded, the money goes to the first."""
    assert settled(june, "buyer") == [("P-1", "PO-1", "1140.00"), ("adjustment-3", "PO-2", "114.00")]
    assert open_(june, "buyer") == [("PO-2", "31-60", "1026.00")]


def test_what_was_owed_before_is_the_oldest(june):
    assert settled(june, "migrant") == [("P-1", "start", "100.00")]
    assert open_(june, "migrant") == [("start", "over 90", "150.00")]


@pytest.mark.parametrize(
    ("overdue", "bucket"),
    [
        (0, "not due"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"), (90, "61-90"),
        (91, "over 90"),
    ],
)  # fmt: skip
def test_a_bucket_ends_with_a_day_of_the_account(june, overdue, bucket):
    """1 June 00:00 in Cairo is 31 May 21:00 UTC, and a day later than 23:59 of the evening before."""
    (row,) = june.of("finance.receivables_ageing", f"overdue-{overdue}")
    assert (row.bucket, row.days_overdue, row.day.isoformat()) == (bucket, overdue, EDGES[overdue])


@pytest.mark.parametrize(("overdue", "bucket"), [(1, "not due"), (31, "1-30"), (61, "31-60"), (91, "61-90")])
def test_a_minute_earlier_it_is_the_day_before(evening, overdue, bucket):
    (row,) = evening.of("finance.receivables_ageing", f"overdue-{overdue}")
    assert (row.bucket, row.days_overdue) == (bucket, overdue - 1)


def test_an_invoice_is_due_by_the_terms_of_its_day_whatever_they_become(june):
    rows = june.of("finance.receivables_ageing", "changed")
    assert {row.document: (row.due_day.isoformat(), row.bucket) for row in rows} == {
        "2026-181": ("2026-06-03", "not due"), "2026-182": ("2026-05-20", "1-30"),
    }  # fmt: skip
