"""What a document says, as values: every form of it is made from these and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from outbound.money import currency_digits


@dataclass(frozen=True, kw_only=True)
class Party:
    """The seller or the buyer, in the words that held at issue. codes: what the tax authority wants to know of it."""

    name: str
    name_ar: str
    country: str
    tax_id: str | None
    address: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(told: Mapping[str, Any]) -> "Party":
        """From a row of billing.particulars."""
        address = told.get("address") or {}
        return Party(
            name=told["name"],
            name_ar=told.get("name_ar") or told["name"],
            country=address.get("country") or told["country"],
            tax_id=told.get("tax_id"),
            address=address,
            settings=told,
        )


@dataclass(frozen=True, kw_only=True)
class Line:
    """kind: usage, late_usage, minimum, purchase. rate: per segment, without VAT; a minimum has none."""

    n: int
    kind: str
    zone: str | None
    card_from: date | None
    from_unit: int | None
    quantity: int
    rate: Decimal | None
    net: Decimal
    vat_rate: Decimal
    vat: Decimal
    tax_treatment: str


@dataclass(frozen=True, kw_only=True)
class Effects:
    """What a purchase did to the balance (CHARGING 8-10, 15). units: of the lot that it opened or merged into."""

    extended_units: int
    served_units: int
    units: int
    rate: Decimal
    last_valid_day: date


@dataclass(frozen=True, kw_only=True)
class Document:
    """An invoice or a credit note. corrected: the invoice that a credit note corrects, with the day of its issue.
    due_day: an invoice's."""

    kind: Literal["invoice", "credit_note"]
    document_id: int
    account_id: int
    account: str
    label: str
    issue_day: date
    issued_at: datetime
    currency: str
    seller: Party
    buyer: Party
    lines: Sequence[Line]
    net: Decimal
    vat: Decimal
    content_hash: str
    month: date | None = None
    due_day: date | None = None
    effects: Effects | None = None
    corrected: tuple[str, date] | None = None
    corrected_uuid: str | None = None
    reason: str | None = None
    void_reason: str | None = None

    @property
    def total(self) -> Decimal:
        return self.net + self.vat

    @property
    def digits(self) -> int:
        return currency_digits(self.currency)

    @property
    def file_name(self) -> str:
        """Without an ending: a label is unique in its series, and an account's documents have one seller."""
        return f"{self.kind.replace('_', '-')}-{self.label}"

    @property
    def language(self) -> str:
        return str(self.buyer.settings.get("language", "en"))

    @property
    def usage_file(self) -> str:
        """segments, days or none; only a month's invoice bills usage."""
        return str(self.buyer.settings.get("usage_file", "days")) if self.month else "none"


def amount(value: Decimal, digits: int) -> str:
    """Plain and exact: 1140.00."""
    return f"{value:.{digits}f}"
