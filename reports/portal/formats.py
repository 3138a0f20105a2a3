"""Numbers, amounts and instants as a person reads them: in the visitor's language, on the account's clocks (CLDR)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from markupsafe import Markup

from outbound.masking import mask

NOTHING = Markup('<span class="text-secondary" aria-hidden="true">–</span>')


class Formats:
    """For one visitor. Digits are Latin in both languages, as on invoices; `<bdi>` keeps them whole within Arabic."""

    def __init__(self, language: str, timezone: str) -> None:
        self._locale = Locale.parse(f"{language}_EG" if language == "ar" else "en_GB")
        self._zone = ZoneInfo(timezone)

    def number(self, value: int | Decimal | None) -> Markup:
        return self._kept(
            None if value is None else numbers.format_decimal(value, locale=self._locale, numbering_system="latn")
        )

    def money(self, value: Decimal | None, currency: str) -> Markup:
        """With the digits of the currency, rounded nowhere before."""
        if value is None:
            return NOTHING
        digits = max(numbers.get_currency_precision(currency), -int(Decimal(value).normalize().as_tuple().exponent))
        shape = "#,##0." + "0" * digits if digits else "#,##0"
        plain = numbers.format_decimal(
            value, shape, locale=self._locale, numbering_system="latn", decimal_quantization=False
        )
        return self._kept(f"{plain} {currency}")

    def rate(self, value: Decimal | None, currency: str) -> Markup:
        """A price a segment: without the zeros that a column adds."""
        return NOTHING if value is None else self.money(Decimal(value).normalize(), currency)

    def percent(self, value: Decimal | float | None, digits: int = 2) -> Markup:
        if value is None:
            return NOTHING
        shape = "#,##0." + "#" * digits + "%"
        return self._kept(numbers.format_percent(value, shape, locale=self._locale, numbering_system="latn"))

    def instant(self, value: datetime | None) -> Markup:
        """To the minute, on the visitor's clocks; the whole of it, with its zone, stands in the title."""
        if value is None:
            return NOTHING
        local = value.astimezone(self._zone)
        told = f"{self.day_text(local.date())} {local:%H:%M}"
        return Markup('<time datetime="{}" title="{}"><bdi>{}</bdi></time>').format(
            value.astimezone(UTC).isoformat(), f"{local:%Y-%m-%d %H:%M:%S %z} {self._zone.key}", told
        )

    def day(self, value: date | None) -> Markup:
        if value is None:
            return NOTHING
        return Markup('<time datetime="{}"><bdi>{}</bdi></time>').format(value.isoformat(), self.day_text(value))

    def day_text(self, value: date) -> str:
        if self._locale.language == "ar":
            return f"{value.day} {dates.get_month_names('wide', locale=self._locale)[value.month]} {value.year}"
        return dates.format_date(value, "d MMM y", locale=self._locale)

    def duration(self, seconds: float | None) -> Markup:
        if seconds is None:
            return NOTHING
        return self._kept(
            dates.format_timedelta(round(seconds), granularity="second", threshold=1.5, locale=self._locale)
        )

    @staticmethod
    def msisdn(value: int | None) -> Markup:
        """Masked: enough to recognise, not enough to call."""
        return NOTHING if value is None else Markup('<bdi dir="ltr">{}</bdi>').format(mask(value))

    @staticmethod
    def text(value: Any) -> Markup:
        """What somebody else wrote, in whatever direction it runs."""
        return NOTHING if value in (None, "") else Markup('<bdi dir="auto">{}</bdi>').format(str(value))

    @staticmethod
    def _kept(value: str | None) -> Markup:
        return NOTHING if value is None else Markup("<bdi>{}</bdi>").format(value)
