"""What a command says it will do to lots, dates and money, in the words that a person reads before saying yes."""

from datetime import date

import pytest

from tests.integration.billing.operator_at_work import SETUP

BOUGHT = {"type": "purchase", "id": "PO-1", "units": 10_000, "rate": "0.10"}


def days_ago(operator, days: int) -> str:
    return operator.sql("select now() - make_interval(days => %s)", days)[0][0].isoformat()


def in_a_year(operator, ago: int = 0) -> date:
    """The last valid day of what is bought so many days ago (CHARGING 4)."""
    return operator.sql(
        "select billing.last_valid_day(((now() - make_interval(days => %s)) at time zone 'Africa/Cairo')::date)", ago
    )[0][0]


@pytest.fixture
def four_thousand_left(operator):
    """L1, of which 6,000 are used: 4,000 at 0.10 remain."""
    operator.loads(
        BOUGHT | {"at": days_ago(operator, 90)},
        {"type": "usage", "id": "U-1", "at": days_ago(operator, 60), "units": 6_000, "zone": "EG"},
        account="nile",
    )
    return operator


def said(operator, *words: object) -> list[str]:
    """What the dry run says; the very same is said when it is done."""
    before = operator.sql("select count(*) from account.audit")
    told = operator.does(*words, "--dry-run")
    assert told["dry_run"] is True
    assert operator.sql("select count(*) from account.audit") == before  # a dry run is not an act
    done = operator.does(*words)
    assert done["says"] == told["says"]
    assert operator.sql("select count(*) from account.audit") > before
    return told["says"]


def test_a_recharge_that_extends_says_so(four_thousand_left):
    """CHARGING 8, 9, 19."""
    assert said(four_thousand_left, "purchase", "--account", "nile", "--units", 5_000, "--rate", "0.08") == [
        (
            f"extends 4,000 units to {in_a_year(four_thousand_left)} at 0.08: revaluation -80.00;"
            " net 400.00, VAT 56.00, receivable 456.00 EGP"
        )
    ]


def test_one_short_says_what_would_have_been_enough(four_thousand_left):
    """CHARGING 10."""
    assert said(four_thousand_left, "purchase", "--account", "nile", "--units", 3_999, "--rate", "0.08") == [
        (
            f"is a lot of its own: 4,000 units stay at 0.10 until {in_a_year(four_thousand_left, 90)};"
            " buy at least 4,000 to extend; net 319.92, VAT 44.79, receivable 364.71 EGP"
        )
    ]


def test_the_tolerance_lowers_what_is_enough(four_thousand_left):
    """CHARGING 8, compared unrounded: 4,000 x (1 - 0.000125) = 3,999.5, which 3,999 does not reach."""
    four_thousand_left.sql("update account.term set recharge_tolerance = 0.000125")
    (sentence,) = four_thousand_left.does(
        "purchase", "--account", "nile", "--units", 3_999, "--rate", "0.08", "--dry-run"
    )["says"]
    assert "buy at least 4,000 to extend" in sentence


def test_the_first_purchase_has_nothing_to_extend(operator):
    (sentence,) = said(operator, "purchase", "--account", "nile", "--units", 10_000, "--rate", "0.10")
    assert sentence == (
        f"opens a lot of 10,000 units until {in_a_year(operator)} at 0.10: nothing remained to extend;"
        " net 1,000.00, VAT 140.00, receivable 1,140.00 EGP"
    )


def test_a_purchase_serves_the_shortfall_at_its_own_rate(operator):
    """CHARGING 15."""
    operator.loads({"type": "usage", "id": "U", "at": days_ago(operator, 1), "units": 50, "zone": "EG"}, account="nile")
    says = said(operator, "purchase", "--account", "nile", "--units", 80, "--rate", "0.20")
    assert says[1:] == ["serves a shortfall of 50 units: usage revenue 10.00 EGP"]


def test_a_grant_says_its_lot_and_whom_it_serves(operator):
    """CHARGING 15, 22."""
    operator.loads({"type": "usage", "id": "U", "at": days_ago(operator, 1), "units": 30, "zone": "EG"}, account="nile")
    assert said(operator, "grant", "--account", "nile", "--units", 500, "--reason", "outage") == [
        f"opens a lot of 500 units at 0.00 until {in_a_year(operator)}",
        "serves a shortfall of 30 units: usage revenue 0.00 EGP",
    ]


def test_a_refund_says_which_lots_give_how_much_and_what_is_credited(operator):
    """CHARGING 21: latest expiry first, each invoice up to its net, newest first."""
    for key, units, rate in (("PO-1", 1_000, "0.10"), ("PO-2", 500, "0.08")):
        operator.does("purchase", "--account", "nile", "--units", units, "--rate", rate, "--id", key)
    until = in_a_year(operator)
    assert said(operator, "refund", "--account", "nile", "--units", 700, "--reason", "leaves") == [
        f"takes 500 units of lot PO-2 (500 units at 0.08 until {until}): 40.00 EGP back",
        f"takes 200 units of lot PO-1 (1,000 units at 0.10 until {until}): 20.00 EGP back",
        "credits purchase PO-2: net 40.00, VAT 5.60 EGP",
        "credits purchase PO-1: net 20.00, VAT 2.80 EGP",
    ]
    assert operator.sql(
        "select purchase.business_key, note.net, note.vat, note.class from billing.credit_note as note"
        " join billing.invoice using (invoice_id) join account.purchase using (purchase_id) order by note.number"
    ) == operator.sql("select * from (values ('PO-2', 40.00, 5.60, 'refund'), ('PO-1', 20.00, 2.80, 'refund')) as v")


def test_a_refund_of_a_loaded_purchase_says_that_the_former_system_has_to_correct_its_invoice(operator):
    """CHARGING 21: PO-2 was invoiced here, PO-1 by the system before."""
    operator.loads(BOUGHT | {"at": days_ago(operator, 90), "units": 1_000}, account="nile")
    operator.does("purchase", "--account", "nile", "--units", 500, "--rate", "0.08", "--id", "PO-2")
    words = ("refund", "--account", "nile", "--units", 700, "--reason", "leaves")
    assert said(operator, *words)[2:] == [
        "credits purchase PO-2: net 40.00, VAT 5.60 EGP",
        "credits purchase PO-1: net 20.00, VAT 2.80 EGP",
        "purchase PO-1 has no invoice of ours: no credit note; the former system's seller has to correct its own",
    ]
    assert operator.sql("select net from billing.credit_note") == operator.sql("select 40.00")


def test_a_refund_of_what_was_granted_with_it_says_that_nobody_paid_for_that(operator):
    operator.does("grant", "--account", "nile", "--units", 1_000, "--reason", "outage")
    operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10", "--id", "PO-1")
    says = said(operator, "refund", "--account", "nile", "--units", 2_000, "--reason", "leaves")
    assert says[1:] == [
        "credits purchase PO-1: net 100.00, VAT 14.00 EGP",
        "revaluation -100.00 EGP: nobody is paid back what nobody paid",
    ]


def test_a_refund_waits_for_the_invoice_that_it_credits(operator):
    label = operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10", "--id", "PO-1")[
        "invoice"
    ]
    operator.does("void", label, "--reason", "wrong name", "--undelivered")
    refused = operator.run("refund", "--account", "nile", "--units", 1, "--reason", "leaves")
    assert "the invoice of purchase PO-1 is void" in refused.error
    assert operator.sql("select count(*) from account.adjustment") == [(0,)]


def test_a_reversal_says_which_lot_gets_the_units(four_thousand_left):
    """CHARGING 23: the lot that succeeded theirs."""
    four_thousand_left.does("purchase", "--account", "nile", "--units", 5_000, "--rate", "0.08", "--id", "PO-2")
    assert said(four_thousand_left, "reverse", "U-1", "--account", "nile", "--reason", "wrong list") == [
        (
            f"gives 6,000 units back to lot PO-2 (15,000 units at 0.08 until {in_a_year(four_thousand_left)} then):"
            " usage revenue -600.00, deferred revenue 480.00 EGP"
        )
    ]


def test_a_reversal_says_that_the_lot_has_lapsed(operator):
    operator.loads(
        BOUGHT | {"at": days_ago(operator, 800)},
        {"type": "usage", "id": "U-1", "at": days_ago(operator, 700), "units": 40, "zone": "EG"},
        account="nile",
    )
    assert said(operator, "reverse", "U-1", "--account", "nile", "--reason", "wrong list") == [
        "lot PO-1 has lapsed: 40 units stay lapsed, 4.00 EGP go from usage revenue to breakage"
    ]


def test_a_payment_says_what_is_owed_after_it(operator):
    """CHARGING 25: what it is for, by the payer's words or the oldest first; what is left of it is on account."""
    invoice = operator.does("purchase", "--account", "nile", "--units", 10_000, "--rate", "0.10")["invoice"]
    assert said(operator, "payment", "--account", "nile", "--amount", "500", "--invoice", invoice) == [
        f"records 500.00 EGP from nile, for {invoice}: 640.00 EGP owed after it"
    ]
    words = ("payment", "--account", "nile", "--amount", "700", "--withheld", "20", "--certificate", "41/2026")
    assert said(operator, *words) == [
        (
            "records 700.00 EGP from nile and 20.00 EGP of tax withheld by nile, certificate 41/2026, for what is oldest:"
            " nothing owed after it, 80.00 EGP on account"
        )
    ]


def test_an_order_and_what_it_becomes_are_told(operator):
    """CHARGING 12: units that come with their payment."""
    operator.applies(SETUP.replace("scheme: prepaid", "scheme: prepaid\n    activation: payment"))
    assert said(operator, "purchase", "--account", "nile", "--units", 100, "--rate", "0.10", "--id", "PO-1") == [
        (
            "orders 100 units at 0.10: net 10.00, VAT 1.40, total 11.40 EGP; the units come with the payment that covers it,"
            " and R, rate and VAT are those of then"
        )
    ]
    assert said(operator, "payment", "--account", "nile", "--amount", "11.40", "--invoice", "PO-1") == [
        "records 11.40 EGP from nile, for PO-1: nothing owed after it, 11.40 EGP on account",
        (
            f"order PO-1 takes effect: opens a lot of 100 units until {in_a_year(operator)} at 0.10: nothing remained to"
            " extend; net 10.00, VAT 1.40, receivable 11.40 EGP"
        ),
    ]


def test_a_void_says_what_becomes_of_the_money(operator):
    bought = operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10")
    ((month,),) = operator.sql("select to_char(at at time zone 'Africa/Cairo', 'YYYY-MM') from account.purchase")
    assert said(operator, "void", bought["invoice"], "--reason", "x", "--undelivered") == [
        (
            f"{bought['invoice']} of nile becomes void and keeps its number: its purchase stays, with units, receivable"
            f" 114.00 and VAT 14.00 EGP; issue it again with outbound issue {month} --account nile"
        )
    ]


def test_a_person_reads_the_sentence_first(operator):
    answer = operator.run("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10", "--dry-run")
    assert answer.output.splitlines()[0] == "dry run: nothing is changed; this is what would be"
    assert answer.output.splitlines()[1].startswith("opens a lot of 1,000 units")


def test_a_person_reads_the_account_s_clock_and_its_currency(operator):
    """CHARGING 2, 3: the hour that its customer's clock shows, amounts with all their digits; a program gets the same instant."""
    words = ("payment", "--account", "nile", "--amount", "1500", "--at", "2026-03-31T22:30:00Z", "--dry-run")
    lines = operator.run(*words).output.splitlines()
    assert "at        2026-04-01 00:30:00 +0200" in lines
    assert "amount    1,500.00" in lines
    assert lines[-2:] == ["bank        1,500.00", "receivable  -1,500.00"]
    told = operator.does(*words[:-1])
    assert (told["at"], told["amount"]) == ("2026-04-01 00:30:00+02:00", "1500.00")
    refused = operator.run("payment", "--account", "nile", "--amount", "1", "--at", "2199-12-31T22:30:00Z").error
    assert refused.startswith("2200-01-01 00:30 (Africa/Cairo) is still to come")
