"""The words of notices, in English and Arabic: what happened and what to do, by kind and level."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple


class Words(NamedTuple):
    """subject of an e-mail; line: the notice in a sentence or two."""

    subject: str
    line: str


_TEXTS: dict[str, dict[str, Words]] = {
    "en": {
        "low_balance": Words(
            "{account}: {available} units left",
            "{available} units can still be sent, fewer than the {threshold} that you wanted to be told at. Buy more to"
            " go on sending.",
        ),
        "low_balance share": Words(
            "{account}: {available} units left",
            "{available} of {of} units are left. Buy more to go on sending.",
        ),
        "expiry": Words(
            "{account}: {units} units are valid until {last_valid_day}",
            "{units} units can be used until the end of {last_valid_day}, then they lapse. Buy at least {to_extend} units"
            " before that to extend all that remains by a year.",
        ),
        "credit_limit near": Words(
            "{account}: {used_percent} % of the credit limit is used",
            "{used_percent} % of the credit limit of {limit} {currency} is used. {available} more segments can be"
            " accepted until a payment comes in.",
        ),
        "credit_limit reached": Words(
            "{account}: the credit limit is reached",
            "The credit limit of {limit} {currency} is reached: new campaigns are held until a payment comes in.",
        ),
        "monthly_cap near": Words(
            "{account}: {used_percent} % of the monthly cap is used",
            "{used_percent} % of this month's cap of {limit} {currency} is used. {available} more segments can be"
            " accepted this month.",
        ),
        "monthly_cap reached": Words(
            "{account}: the monthly cap is reached",
            "This month's cap of {limit} {currency} is reached: new campaigns are held until next month.",
        ),
    },
    "ar": {
        "low_balance": Words(
            "{account}: تبقى {available} وحدة",
            "يمكن إرسال {available} وحدة فقط، وهو أقل من حد التنبيه {threshold}. يرجى شراء وحدات إضافية لمواصلة الإرسال.",
        ),
        "low_balance share": Words(
            "{account}: تبقى {available} وحدة",
            "تبقى {available} وحدة من أصل {of} وحدة. يرجى شراء وحدات إضافية لمواصلة الإرسال.",
        ),
        "expiry": Words(
            "{account}: {units} وحدة صالحة حتى {last_valid_day}",
            "{units} وحدة صالحة حتى نهاية يوم {last_valid_day} ثم تنتهي صلاحيتها. يرجى شراء {to_extend} وحدة على الأقل قبل ذلك"
            " لتمديد كل الرصيد المتبقي سنة أخرى.",
        ),
        "credit_limit near": Words(
            "{account}: تم استخدام {used_percent}% من حد الائتمان",
            "تم استخدام {used_percent}% من حد الائتمان {limit} {currency}. يمكن قبول {available} مقطع إضافي حتى وصول دفعة.",
        ),
        "credit_limit reached": Words(
            "{account}: تم بلوغ حد الائتمان",
            "تم بلوغ حد الائتمان {limit} {currency}: تعلق الحملات الجديدة حتى وصول دفعة.",
        ),
        "monthly_cap near": Words(
            "{account}: تم استخدام {used_percent}% من الحد الشهري",
            "تم استخدام {used_percent}% من الحد الشهري {limit} {currency}. يمكن قبول {available} مقطع إضافي هذا الشهر.",
        ),
        "monthly_cap reached": Words(
            "{account}: تم بلوغ الحد الشهري",
            "تم بلوغ الحد الشهري {limit} {currency}: تعلق الحملات الجديدة حتى الشهر القادم.",
        ),
    },
}


def text(kind: str, facts: Mapping[str, Any], language: str, account: str = "") -> Words:
    """A notice's words, its numbers written out. language: en, ar, or both: English, then Arabic."""
    if language == "both":
        english, arabic = (text(kind, facts, one, account) for one in ("en", "ar"))
        return Words(f"{english.subject} / {arabic.subject}", f"{english.line}\n\n{arabic.line}")
    level = facts.get("level") or ("share" if "of" in facts else "")
    words = _TEXTS[language][f"{kind} {level}".strip()]
    shown = {name: _shown(name, value) for name, value in facts.items()} | {"account": account}
    return Words(words.subject.format(**shown), words.line.format(**shown))


def _shown(name: str, value: Any) -> str:
    if name == "limit":
        return f"{Decimal(value):,}"
    if name == "last_valid_day":
        return date.fromisoformat(value).isoformat()
    return f"{value:,}" if isinstance(value, int) else str(value)
