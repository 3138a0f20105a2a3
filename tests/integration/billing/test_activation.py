"""Units that come with their payment (CHARGING 12): ordered, paid, judged on the day of the payment; and until then not there."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.integration.billing.operator_at_work import SETUP

ON_PAYMENT = SETUP.replace("  - name: nile\n", "  - name: nile\n    activation: payment\n") + (
    '  - {name: oasis, scheme: prepaid, currency: EGP, vat_rate: "0.14", activation: payment}\n'
)


@pytest.fixture
def seller(operator):
    operator.applies(ON_PAYMENT)
    return operator


def available(operator, account: str = "nile") -> int:
    query = "select billing.available_units(account_id, now()) from account.account where name = %s"
    return operator.sql(query, account)[0][0]


def order(operator, units: int, key: str, *more: str) -> dict:
    return operator.does("purchase", "--account", "nile", "--units", units, "--id", key, *more)


def pay(operator, amount: str, *more: str) -> dict:
    return operator.does("payment", "--account", "nile", "--amount", amount, *more)


def invoices(operator) -> list[tuple[str, Decimal]]:
    return operator.sql(
        "select purchase.business_key, total from billing.invoice join account.purchase using (purchase_id)"
        " order by invoice_id"
    )


def test_units_are_there_with_the_payment_that_covers_them_and_not_before(seller):
    placed = order(seller, 1_000, "PO-1")
    assert (placed["state"], placed["net"], placed["vat"], placed["total"]) == (
        "waits for its payment", "100.00", "14.00", "114.00",
    )  # fmt: skip
    assert (available(seller), invoices(seller)) == (0, [])
    assert "activated" not in pay(seller, "113.99")
    assert available(seller) == 0
    paid = pay(seller, "0.01")
    assert [(one["order"], one["total"]) for one in paid["activated"]] == [("PO-1", "114.00")]
    assert available(seller) == 1_000
    assert invoices(seller) == [("PO-1", Decimal("114.00"))]
    assert seller.sql("select purchase.at = payment.at from account.purchase, account.payment where amount = 0.01") == [
        (True,)
    ]
    assert seller.sql("select billing.owed(account_id, now()) from account.account where name = 'nile'") == [
        (Decimal("0.00"),)
    ]


def test_a_recharge_is_judged_when_it_is_paid(seller):
    """5,000 are ordered while 10,000 remain, too few to extend them; as it is paid 5,000 remain, and it does."""
    order(seller, 10_000, "PO-1", "--rate", "0.10")
    pay(seller, "1140.00")
    order(seller, 5_000, "PO-2", "--rate", "0.08")
    used = {"type": "usage", "id": "U-1", "at": str(seller.sql("select now()")[0][0]), "units": 5_000, "zone": "EG"}
    assert seller.loads(used, account="nile").status == 0
    paid = pay(seller, "456.00", "--invoice", "PO-2")
    assert paid["activated"][0]["units"] == 5_000
    lots = seller.sql(
        "select lot.remaining, lot.rate from account.account,"
        " unnest((billing.prepaid_state_at(account_id, now())).lots) as lot where name = 'nile' and lot.remaining > 0"
    )
    assert lots == [(10_000, Decimal("0.080000"))]


def test_without_an_agreed_rate_it_is_the_card_s_on_the_day_of_the_payment(seller):
    """Ordered at 0.10 (114.00); the card is 0.11 when the money comes: 125.40 are asked for."""
    order(seller, 1_000, "PO-1")
    seller.applies(ON_PAYMENT.replace('from_unit: 1000, rate: "0.10"', 'from_unit: 1000, rate: "0.11"'))
    assert "activated" not in pay(seller, "114.00")
    assert available(seller) == 0
    assert pay(seller, "11.40")["activated"][0]["rate"] == "0.110000"
    assert invoices(seller) == [("PO-1", Decimal("125.40"))]


def test_what_is_owed_comes_before_an_order_that_the_payer_does_not_name(seller):
    """An invoice of 114.00 from before is open: 114.00 settle it; the same with the order's name activate the order."""
    seller.applies(SETUP)
    order(seller, 1_000, "PO-1")
    seller.applies(ON_PAYMENT)
    order(seller, 1_000, "PO-2")
    assert "activated" not in pay(seller, "114.00")
    order(seller, 1_000, "PO-3")
    assert [one["order"] for one in pay(seller, "114.00", "--invoice", "PO-3")["activated"]] == ["PO-3"]
    assert [one["order"] for one in pay(seller, "114.00")["activated"]] == ["PO-2"]


def test_money_on_account_activates_an_order_at_once(seller):
    pay(seller, "200.00")
    assert order(seller, 1_000, "PO-1")["invoice"]
    placed = order(seller, 1_000, "PO-2")  # 86.00 are left
    assert placed["state"] == "waits for its payment"
    assert available(seller) == 1_000


def test_tax_withheld_covers_an_order_too(seller):
    order(seller, 1_000, "PO-1")
    paid = pay(seller, "112.00", "--withheld", "2.00", "--certificate", "41/2026/7", "--invoice", "PO-1")
    assert paid["activated"][0]["order"] == "PO-1"
    assert paid["posts"] == [
        {"on": "bank", "amount": "112.00"}, {"on": "withholding_tax", "amount": "2.00"},
        {"on": "receivable", "amount": "-114.00"},
    ]  # fmt: skip


def test_a_payment_of_days_ago_does_not_backdate_the_units(seller):
    """CHARGING 12: a purchase cannot be backdated; it takes effect when the payment is recorded."""
    order(seller, 1_000, "PO-1")
    then = seller.sql("select now()")[0][0] - timedelta(minutes=5)
    before = seller.sql("select now()")[0][0]
    pay(seller, "114.00", "--at", then.isoformat())
    ((at,),) = seller.sql("select at from account.purchase")
    assert at > before


def test_two_accounts_orders_with_one_id_do_not_meet(seller):
    order(seller, 1_000, "PO-1")
    seller.does("purchase", "--account", "oasis", "--units", 100, "--rate", "0.10", "--id", "PO-1")
    pay(seller, "114.00", "--invoice", "PO-1")
    assert (available(seller), available(seller, "oasis")) == (1_000, 0)
    assert [row["account"] for row in seller.does("order", "list")["orders"]] == ["oasis"]


def test_a_cancelled_order_s_money_is_for_the_next(seller):
    order(seller, 2_000, "PO-1")
    order(seller, 1_000, "PO-2")
    pay(seller, "114.00", "--invoice", "PO-1")
    assert [(row["business_key"], row["paid"]) for row in seller.does("order", "list")["orders"]] == [
        ("PO-1", "114.00"), ("PO-2", "0"),
    ]  # fmt: skip
    cancelled = seller.does("order", "cancel", "PO-1", "--account", "nile", "--reason", "changed their mind")
    assert cancelled["activated"] == ["PO-2"]
    answer = seller.run("order", "cancel", "PO-2", "--account", "nile", "--reason", "x")
    assert "has no order PO-2 that waits for its payment" in answer.error


def test_an_id_is_taken_once_and_a_dry_run_orders_nothing(seller):
    words = ("purchase", "--account", "nile", "--units", 10, "--id", "PO-1")
    assert seller.does(*words, "--dry-run")["total"] == "1.37"  # 10 x 0.12 = 1.20, VAT 0.17
    seller.does(*words)
    assert "the id PO-1 already" in seller.run(*words).error


def test_a_pro_forma_has_the_digits_of_its_currency(operator):
    """CHARGING 2: fils are thousandths."""
    operator.applies(
        SETUP + '  - {name: gulf, scheme: prepaid, currency: KWD, vat_rate: "0.05", activation: payment}\n'
    )
    placed = operator.does("purchase", "--account", "gulf", "--units", 333, "--rate", "0.0105", "--id", "PO-1")
    assert (placed["net"], placed["vat"], placed["total"]) == ("3.497", "0.175", "3.672")
    assert operator.sql("select quoted_net, quoted_vat from account.waiting_order") == [
        (Decimal("3.497"), Decimal("0.175"))
    ]


def test_a_person_reads_which_order_takes_effect_when_another_is_given_up(seller):
    """The one behind, which the money on account covers; `order list` is on the account's clock."""
    order(seller, 10_000, "PO-1", "--rate", "0.10")
    order(seller, 100, "PO-2", "--rate", "0.10")
    pay(seller, "11.40")
    (hour,) = seller.sql(
        "select to_char(min(ordered_at) at time zone 'Africa/Cairo', 'YYYY-MM-DD HH24:MI') from account.purchase_order"
    )[0]
    assert f"PO-1          {hour}" in seller.run("order", "list").output
    told = seller.run("order", "cancel", "PO-1", "--account", "nile", "--reason", "changed their mind").output
    assert told.startswith(
        "gives up order PO-1 of nile; what was paid in its name is on account\n"
        "order PO-2 takes effect: opens a lot of 100 units until "
    )
    assert told.endswith("\nactivated\nPO-2\n")
