"""Money is rounded half away from zero, to its currency's digits (CHARGING 2)."""

from decimal import Decimal

import pytest

from outbound.money import currency_digits, round_money


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("10.005", "10.01"), ("-10.005", "-10.01"), ("10.004999", "10.00"), ("0.015", "0.02"), ("2.675", "2.68")],
)
def test_halves_go_away_from_zero(amount: str, rounded: str) -> None:
    assert str(round_money(Decimal(amount))) == rounded


def test_digits_are_the_currency_s() -> None:
    assert [currency_digits(currency) for currency in ("EGP", "KWD", "JPY", "XXX")] == [2, 3, 0, 2]
    assert str(round_money(Decimal("1.0005"), currency_digits("KWD"))) == "1.001"
    assert str(round_money(Decimal("1.5"), currency_digits("JPY"))) == "2"
