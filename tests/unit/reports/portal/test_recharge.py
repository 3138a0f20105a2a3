"""A purchase's dry run as figures, and the command lines that finance's forms make."""

from datetime import date
from decimal import Decimal

from reports.portal.pages.finance_deeds import DEEDS
from reports.portal.recharge import recharge

TOLD = {
    "order": "new", "units": 12_000, "extended_units": 12_000, "rate": "0.19", "net": "2280.00", "vat": "319.20", "total": "2599.20", "currency": "EGP",
    "lots": [{"lot": "new", "units": 24_000, "rate": "0.19", "last_valid_day": "2027-10-03"}],
}  # fmt: skip


def test_what_is_extended_is_in_the_new_lot():
    found = recharge(TOLD)
    assert (found.left, found.extended, found.units) == (12_000, 12_000, 12_000)
    assert (found.rate, found.last_valid_day) == (Decimal("0.19"), date(2027, 10, 3))


def test_what_is_not_extended_stays_a_lot_of_its_own():
    old = {"lot": "old", "units": 12_000, "rate": "0.20", "last_valid_day": "2027-01-31"}
    smaller = TOLD | {"units": 500, "extended_units": 0, "lots": [old, TOLD["lots"][0] | {"units": 500}]}
    assert (recharge(smaller).left, recharge(smaller).extended) == (12_000, 0)


def test_an_order_that_waits_for_its_payment_has_no_lot_yet():
    assert recharge({"order": "new", "pro_forma": "new", "units": 12_000}) is None


def test_no_value_of_a_form_is_read_as_an_option():
    given = {
        "account": "--help",
        "amount": "-1",
        "withheld": "",
        "certificate": "",
        "invoice": "",
        "reference": "",
        "key": "k",
    }
    words = DEEDS["payment"].words(given, dry_run=True)
    assert words == ["payment", "--account=--help", "--amount=-1", "--id=k", "--dry-run", "--"]
    voided = DEEDS["void"].words({"invoice": "--dry-run", "reason": "wrong"}, dry_run=False)
    assert voided == ["void", "--reason=wrong", "--", "--dry-run"]
