"""Units that come with their payment are promised to no campaign before it (CHARGING 12, 15)."""

from decimal import Decimal

from billing import orders
from billing.payments import Payment, payment
from ingest.foreground import ingest
from ingest.holds import release_ready


def test_an_order_is_no_balance_until_it_is_paid(platform, mobile):
    platform.rows("update account.term set activation = 'payment' where account_id = 1")
    platform.members("nile", [mobile(1), mobile(2)])
    orders.purchase("nile", 2, rate=Decimal("0.50"), key="PO-1")
    path = platform.file("a.csv", f"msisdn,text\n{mobile(1)},Hello\n{mobile(2)},Hello\n")
    ack = ingest(path, "nile", "campaign")
    assert (ack["status"], ack["codes"][0]["code"]) == ("held", "NO_BALANCE")
    payment("nile", Payment(Decimal("1.13")))
    assert release_ready() == []
    payment("nile", Payment(Decimal("0.01")))  # 1.00 and 0.14 of VAT
    assert release_ready() == [ack["campaign_id"]]
