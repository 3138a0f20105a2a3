"""The words of a document in English and Arabic, and how each writes days, counts and amounts.

Digits are 0-9 in both: the tax authority, banks and both parties' systems read them so.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.documents.content import Line, Party


@dataclass(frozen=True, kw_only=True)
class Wording:
    lang: str
    months: tuple[str, ...]
    comma: str
    words: dict[str, str]
    kinds: dict[str, str]

    @property
    def is_rtl(self) -> bool:
        return self.lang == "ar"

    def __getitem__(self, key: str) -> str:
        return self.words[key]

    def day(self, day: date) -> str:
        return f"{day.day} {self.months[day.month - 1]} {day.year}"

    def month(self, day: date) -> str:
        return f"{self.months[day.month - 1]} {day.year}"

    def name(self, party: Party) -> str:
        return party.name_ar if self.is_rtl else party.name

    def description(self, line: Line) -> str:
        """What is billed, with what its rate depends on."""
        parts = [self.kinds[line.kind]]
        if line.zone:
            parts[0] += f" {self['zone']} {line.zone}"
        if line.card_from and line.card_from.year > 1900:
            parts.append(f"{self['card_from']} {self.day(line.card_from)}")
        if line.from_unit and line.from_unit > 1:
            parts.append(f"{self['from_unit']} {count(line.from_unit)}")
        return self.comma.join(parts)


def count(units: int) -> str:
    return f"{units:,}"


def money(value: Decimal, digits: int) -> str:
    return f"{value:,.{digits}f}"


def rate(value: Decimal) -> str:
    """At least two digits, and no zeros that say nothing: 0.10, 0.1005."""
    whole, _, digits = f"{value:f}".partition(".")
    return f"{whole}.{digits.rstrip('0'):0<2}"


def percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"


ENGLISH = Wording(
    lang="en",
    months=(
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    comma=", ",
    words={
        "invoice": "Tax invoice", "credit_note": "Credit note", "void": "VOID",
        "number": "Number", "issue_day": "Issued on", "due_day": "Due on", "period": "Month", "currency": "Currency",
        "corrects": "Corrects invoice", "of": "dated", "reason": "Reason", "account": "Account",
        "seller": "Seller", "buyer": "Buyer", "tax_id": "Tax registration number",
        "description": "Description", "quantity": "Segments", "rate": "Rate", "net": "Net", "vat_rate": "VAT",
        "vat": "VAT amount", "line_total": "Total",
        "sum_net": "Net total", "sum_vat": "VAT total", "sum_total": "Total due", "sum_credit": "Total credited",
        "zone": "in zone", "card_from": "rates of", "from_unit": "from unit", "page": "Page",
        "content": "Content SHA-256", "void_reason": "This invoice is void",
        "zero_rated": "Zero-rated for VAT.", "exempt": "Exempt from VAT.",
        "effects": "Your balance",
        "extends": "This purchase extends {extended} units to {day}: {units} units at {rate}.",
        "opens": "{units} units at {rate}, last valid on {day}.",
        "served": "{served} units covered what had been sent without balance.",
    },
    kinds={
        "usage": "SMS segments submitted", "late_usage": "Late: segments of closed months, submitted",
        "minimum": "Minimum monthly commitment, up to the agreed amount", "purchase": "Prepaid SMS units",
    },
)  # fmt: skip

ARABIC = Wording(
    lang="ar",
    months=(
        "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
    ),
    comma="، ",
    words={
        "invoice": "فاتورة ضريبية", "credit_note": "إشعار دائن", "void": "ملغاة",
        "number": "الرقم", "issue_day": "تاريخ الإصدار", "due_day": "تاريخ الاستحقاق", "period": "الشهر", "currency": "العملة",
        "corrects": "تصحيح الفاتورة", "of": "بتاريخ", "reason": "السبب", "account": "الحساب",
        "seller": "البائع", "buyer": "المشتري", "tax_id": "رقم التسجيل الضريبي",
        "description": "البيان", "quantity": "عدد الأجزاء", "rate": "السعر", "net": "الصافي", "vat_rate": "الضريبة",
        "vat": "قيمة الضريبة", "line_total": "الإجمالي",
        "sum_net": "إجمالي الصافي", "sum_vat": "إجمالي ضريبة القيمة المضافة", "sum_total": "المبلغ المستحق",
        "sum_credit": "المبلغ الدائن",
        "zone": "في النطاق", "card_from": "أسعار", "from_unit": "من الوحدة", "page": "صفحة",
        "content": "بصمة المحتوى SHA-256", "void_reason": "هذه الفاتورة ملغاة",
        "zero_rated": "خاضعة لضريبة القيمة المضافة بسعر صفر.", "exempt": "معفاة من ضريبة القيمة المضافة.",
        "effects": "رصيدكم",
        "extends": "يمدد هذا الشراء صلاحية {extended} وحدة حتى {day}: الرصيد {units} وحدة بسعر {rate}.",
        "opens": "{units} وحدة بسعر {rate}، صالحة حتى نهاية {day}.",
        "served": "غطت {served} وحدة ما أرسل دون رصيد.",
    },
    kinds={
        "usage": "أجزاء رسائل قصيرة مرسلة", "late_usage": "متأخر: أجزاء أشهر مغلقة، مرسلة",
        "minimum": "الحد الأدنى الشهري، حتى المبلغ المتفق عليه", "purchase": "وحدات رسائل قصيرة مدفوعة مقدما",
    },
)  # fmt: skip

LANGUAGES = {"en": (ENGLISH,), "ar": (ARABIC,), "both": (ENGLISH, ARABIC)}
