"""Which column is which: names in English and Arabic, in whatever case and spacing (INTAKE, Reading)."""

import re
import unicodedata

RECIPIENT = frozenset(
    {
        "msisdn", "phone", "phonenumber", "phoneno", "mobile", "mobilenumber", "mobileno", "mobilephone", "number",
        "tel", "telephone", "telephonenumber", "cell", "cellphone", "cellnumber", "gsm", "recipient", "destination",
        "whatsapp",
        "الجوال", "جوال", "رقمالجوال", "الموبايل", "موبايل", "رقمالموبايل", "المحمول", "رقمالمحمول", "الهاتف", "هاتف",
        "رقمالهاتف", "رقمهاتف", "التليفون", "تليفون", "رقمالتليفون", "الرقم", "رقم", "المستلم",
    }
)  # fmt: skip
TEXT = frozenset(
    {
        "text",
        "message",
        "messagetext",
        "sms",
        "smstext",
        "body",
        "content",
        "النص",
        "نص",
        "الرسالة",
        "رسالة",
        "نصالرسالة",
    }
)
CONSENT = frozenset({"consentdate", "consent", "optindate", "تاريخالموافقة"})
ACTION = frozenset({"action", "operation", "addremove", "add/remove", "الإجراء"})

_IGNORED = re.compile(r"[\s_\-.\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")


def plain(name: str) -> str:
    """What two spellings of the same name have in common: "Mobile Number" and "mobile_number"."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", name)).casefold()


def find(header: list[str], aliases: frozenset[str]) -> list[int]:
    """The places of the columns that go by one of these names."""
    return [place for place, name in enumerate(header) if plain(name) in aliases]


def named(header: list[str], name: str | None, usual: frozenset[str]) -> list[int]:
    """The places of the columns of this name; None: of the usual ones."""
    return find(header, usual if name is None else frozenset({plain(name)}))
