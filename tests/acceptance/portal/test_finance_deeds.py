"""Finance records money: it reads what would happen, confirms, and a form sent twice is done once."""

from decimal import Decimal

import httpx

from tests.acceptance.portal.stage import PASSWORD


def test_a_purchase_is_told_in_words_and_changes_nothing_before_it_is_confirmed(visiting, stage):
    before = stage.value("select count(*) from account.purchase")
    farida = visiting("finance@example.com")
    page = farida.go("/finance/record/purchase?account=nile")
    page.fill("#units", "1000")
    page.click("text=Say what would happen")
    page.wait_for_selector("text=Nothing is done yet")
    assert "dry run" in page.inner_text(".command-text")
    assert "386 left + 1,000 bought → all at 0.10 EGP until" in page.inner_text("main")
    assert stage.value("select count(*) from account.purchase") == before


def test_a_payment_that_is_sent_twice_is_recorded_once_in_the_person_s_name(stage):
    with httpx.Client(base_url=stage.url, timeout=60) as farida:
        farida.post("/sign-in", data={"email": "finance@example.com", "password": PASSWORD})
        form = {"account": "delta", "amount": "7.25", "reference": "TT-1", "key": "portal-once", "confirmed": "yes"}
        first = farida.post("/finance/record/payment", data=form)
        farida.post("/finance/record/payment", data=form)
    assert first.status_code == 200
    assert stage.row("select count(*), sum(amount) from account.payment where reference = 'TT-1'") == (1, 7.25)
    who = stage.value("select actor from account.audit where action = 'payment' order by audit_id desc limit 1")
    assert who == "finance@example.com"


def test_a_payment_that_bounced_is_taken_back_and_its_account_page_says_when(stage):
    with httpx.Client(base_url=stage.url, timeout=60) as farida:
        farida.post("/sign-in", data={"email": "finance@example.com", "password": PASSWORD})
        payment = {"account": "delta", "amount": "8.50", "key": "portal-bounced", "confirmed": "yes"}
        farida.post("/finance/record/payment", data=payment)
        form = {"account": "delta", "reverse": "portal-bounced", "reason": "cheque 4711 bounced", "key": "portal-back"}
        told = farida.post("/finance/record/take-back", data=form)
        assert 'name="confirmed"' in told.text
        assert stage.value("select count(*) from account.receivable_change") == 0
        assert farida.post("/finance/record/take-back", data=form | {"confirmed": "yes"}).status_code == 200
        page = farida.get("/finance/accounts/delta").text
    assert stage.row("select kind, amount, reason from account.receivable_change") == (
        "payment_reversal", Decimal("8.50"), "cheque 4711 bounced",
    )  # fmt: skip
    assert "portal-bounced" in page


def test_a_debt_is_written_off_only_where_one_is_open(stage):
    with httpx.Client(base_url=stage.url, timeout=60) as farida:
        farida.post("/sign-in", data={"email": "finance@example.com", "password": PASSWORD})
        form = {"account": "delta", "invoice": "", "amount": "99999999.00", "reason": "insolvent"}
        refused = farida.post("/finance/record/write-off", data=form)
    assert refused.status_code == 422
    assert "99999999.00" in refused.text


def test_a_month_that_is_not_over_is_refused_in_words(stage):
    with httpx.Client(base_url=stage.url, timeout=60) as farida:
        farida.post("/sign-in", data={"email": "finance@example.com", "password": PASSWORD})
        answer = farida.post("/finance/record/close-month", data={"month": "2999-12"})
    assert answer.status_code == 422
    assert "2999-12 is not over" in answer.text
    assert 'name="confirmed"' not in answer.text


def test_a_value_is_never_read_as_an_option(stage):
    with httpx.Client(base_url=stage.url, timeout=60) as farida:
        farida.post("/sign-in", data={"email": "finance@example.com", "password": PASSWORD})
        answer = farida.post("/finance/record/close-month", data={"month": "--help"})
    assert answer.status_code == 422
    assert "is no month" in answer.text


def test_a_manager_does_not_write_in_the_books(stage):
    with httpx.Client(base_url=stage.url, timeout=60) as mona:
        mona.post("/sign-in", data={"email": "manager@example.com", "password": PASSWORD})
        assert mona.get("/finance/record/payment").status_code == 404
        assert mona.post("/finance/record/payment", data={"account": "delta", "amount": "1"}).status_code == 404
