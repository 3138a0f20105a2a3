"""Documents as values: a month's invoice of every kind of line, and what a test wants otherwise."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from billing.documents.content import Document, Effects, Line, Party
from outbound.money import round_money

SELLER = {
    "name": "Example Telecom", "name_ar": "المثال للاتصالات", "country": "EG", "tax_id": "100-200-300",
    "address": {"building": "12", "street": "Tahrir Street", "city": "Cairo", "governorate": "Cairo", "postal_code": "11511"},
    "activity_code": "6110", "item_code": "EG-1-SMS", "item_codes": {"SA": "EG-1-SA"}, "note": "Payable within 30 days.",
}  # fmt: skip
BUYER = {
    "name": "Delta & Sons", "name_ar": "دلتا وأولاده", "country": "EG", "tax_id": "200-300-400",
    "address": {"building": "5", "street": "Corniche", "city": "Giza", "governorate": "Giza"},
}  # fmt: skip
CARD = date(2026, 1, 1)


def line(
    n: int,
    kind: str,
    zone: str | None,
    quantity: int,
    rate: str | None,
    net: str,
    from_unit: int = 1,
    vat_rate: str = "0.14",
    tax_treatment: str = "standard",
) -> Line:
    return Line(
        n=n, kind=kind, zone=zone, card_from=CARD if zone else None, from_unit=from_unit if zone else None, quantity=quantity,
        rate=Decimal(rate) if rate else None, net=Decimal(net), vat_rate=Decimal(vat_rate),
        vat=round_money(Decimal(net) * Decimal(vat_rate)), tax_treatment=tax_treatment,
    )  # fmt: skip


LINES = (
    line(1, "usage", "EG", 10_000, "0.200000", "2000.00"),
    line(2, "usage", "EG", 50_000, "0.180000", "9000.00", from_unit=10_001),
    line(3, "usage", "SA", 1_234, "0.450500", "555.92"),
    line(4, "late_usage", "EG", 40, "0.100500", "4.02"),
    line(5, "minimum", None, 0, None, "100.00"),
)
EFFECTS = Effects(
    extended_units=4_000, served_units=120, units=9_000, rate=Decimal("0.080000"), last_valid_day=date(2027, 9, 1)
)


def invoice(lines: tuple[Line, ...] = LINES, buyer: dict[str, Any] = BUYER, **other: Any) -> Document:
    said = {
        "kind": "invoice", "document_id": 41, "account_id": 7, "account": "delta", "label": "2026-000041",
        "issue_day": date(2026, 11, 1), "issued_at": datetime(2026, 11, 1, 3, 15, 9, 123456, tzinfo=UTC), "currency": "EGP",
        "seller": Party.of(SELLER), "buyer": Party.of(buyer), "lines": lines,
        "net": sum(one.net for one in lines), "vat": sum(one.vat for one in lines), "content_hash": "3f" * 32,
        "month": date(2026, 10, 1), "due_day": date(2026, 12, 1),
    } | other  # fmt: skip
    return Document(**said)


def purchase(**other: Any) -> Document:
    return invoice((line(1, "purchase", None, 5_000, "0.080000", "400.00"),), month=None, effects=EFFECTS, **other)


def credit_note(**other: Any) -> Document:
    return invoice(
        (line(1, "usage", "EG", 10_000, "0.200000", "3.35"),),
        **{
            "kind": "credit_note", "label": "CN-2026-000003", "month": None, "due_day": None, "reason": "late <delivery>",
            "corrected": ("2026-000041", date(2026, 11, 1)),
        } | other,
    )  # fmt: skip
