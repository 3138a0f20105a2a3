"""Every notice has its words in both languages, with all of its figures in them."""

import pytest

from outbound.notice_texts import text

FACTS = {
    "low_balance": {"available": 999, "threshold": 1_000},
    "low_balance share": {"available": 900, "of": 9_000, "used_percent": "90"},
    "expiry": {"lot": "PO-1", "units": 4_000, "last_valid_day": "2027-03-15", "days_left": 29, "to_extend": 7_999},
    "credit_limit near": {"limit": "50000.00", "currency": "EGP", "available": 1_200, "level": "near", "used_percent": "90"},
    "credit_limit reached": {"limit": "50000.00", "currency": "EGP", "available": 0, "level": "reached"},
    "monthly_cap near": {"limit": "50000.00", "currency": "EGP", "available": 1_200, "level": "near", "used_percent": "90"},
    "monthly_cap reached": {"limit": "50000.00", "currency": "EGP", "available": 0, "level": "reached"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("notice", "told"),
    [
        ("low_balance", ["999", "1,000"]),
        ("low_balance share", ["900", "9,000"]),
        ("expiry", ["4,000", "2027-03-15", "7,999"]),
        ("credit_limit near", ["90", "50,000.00", "EGP", "1,200"]),
        ("credit_limit reached", ["50,000.00", "EGP"]),
        ("monthly_cap near", ["90", "50,000.00", "EGP", "1,200"]),
        ("monthly_cap reached", ["50,000.00", "EGP"]),
    ],
)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_figures_are_in_the_words(notice, told, language):
    words = text(notice.split()[0], FACTS[notice], language, "nile")
    assert [figure for figure in told if figure not in words.line] == []
    assert words.subject.startswith("nile: ")
    assert "{" not in words.subject + words.line
    assert words.line.isascii() == (language == "en")


def test_both_languages_are_english_then_arabic():
    facts = {"available": 400, "threshold": 500}
    english, arabic, both = (text("low_balance", facts, language, "nile") for language in ("en", "ar", "both"))
    assert both.subject == f"{english.subject} / {arabic.subject}"
    assert both.line == f"{english.line}\n\n{arabic.line}"
