"""Money is decimal and is rounded half away from zero to its currency's digits (CHARGING 2)."""

from decimal import ROUND_HALF_UP, Decimal

_DIGITS = {
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
    "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip


def currency_digits(currency: str) -> int:
    """The digits after the point that ISO 4217 gives a currency: 2 but for the listed ones."""
    return _DIGITS.get(currency, 2)


def round_money(amount: Decimal, digits: int = 2) -> Decimal:
    """Half away from zero: 10.005 -> 10.01, -10.005 -> -10.01."""
    return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
