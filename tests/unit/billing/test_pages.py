"""Pages: right in both languages, and the same bytes in every process."""

import hashlib
import io
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pypdf
import pytest

from billing.documents.content import Document
from billing.documents.layout import layout
from billing.documents.pages import TEMPLATE, Typesetter
from billing.documents.wording import ARABIC, ENGLISH, rate
from outbound.typesetting.compose import compiled
from outbound.typesetting.typesetter import NotTypeset
from tests.unit.billing.some_documents import BUYER, LINES, credit_note, invoice, line, purchase

ANOTHER_PROCESS = """
import hashlib
from billing.documents.pages import Typesetter
from tests.unit.billing.some_documents import BUYER, invoice
with Typesetter() as typesetter:
    print(hashlib.sha256(typesetter.pdf(invoice(buyer=BUYER | {"language": "both"}))).hexdigest())
"""


def pages(document: Document, language: str | None = None) -> list[str]:
    with Typesetter() as typesetter:
        return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(typesetter.pdf(document, language))).pages]


def test_two_processes_make_the_same_bytes_wherever_they_run(tmp_path):
    with Typesetter() as typesetter:
        here = hashlib.sha256(typesetter.pdf(invoice(buyer=BUYER | {"language": "both"}))).hexdigest()
    elsewhere = os.environ | {"TZ": "Asia/Tokyo", "LANG": "C", "HOME": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
    there = subprocess.run(
        [sys.executable, "-c", ANOTHER_PROCESS], capture_output=True, text=True, check=True, env=elsewhere, cwd=tmp_path
    )
    assert there.stdout.strip() == here


def test_a_pdf_was_made_when_its_document_was_issued():
    with Typesetter() as typesetter:
        said = pypdf.PdfReader(io.BytesIO(typesetter.pdf(invoice()))).metadata
    assert said is not None
    assert (said.title, said.author, said["/CreationDate"]) == (
        "invoice 2026-000041", "Example Telecom", "D:20261101031509Z",
    )  # fmt: skip


def test_an_english_invoice_says_all_that_a_tax_invoice_has_to():
    (said,) = pages(invoice())
    said = " ".join(said.split())
    for words in (
        "Tax invoice 2026-000041", "12 Tahrir Street", "Tax registration number 100-200-300",
        "Delta & Sons", "Tax registration number 200-300-400", "Account delta", "Issued on 1 November 2026",
        "Due on 1 December 2026",
        "Month October 2026", "from unit 10,001 50,000 0.18 9,000.00 14 % 1,260.00 10,260.00",
        "1,234 0.4505 555.92 14 % 77.83 633.75", "Late: segments of closed months", "Minimum monthly commitment",
        "Net total 11,659.94", "VAT total 1,632.39", "Total due EGP 13,292.33", "Payable within 30 days.",
        f"Content SHA-256 {'3f' * 32}", "Page 1 / 1",
    ):  # fmt: skip
        assert words in said, words


def test_an_arabic_page_runs_from_right_to_left_with_its_own_font():
    with Typesetter() as typesetter:
        (page,) = pypdf.PdfReader(io.BytesIO(typesetter.pdf(invoice(), "ar"))).pages
    places: dict[str, float] = {}
    page.extract_text(visitor_text=lambda text, _cm, tm, _font, _size: places.setdefault(text.strip(), _cm[4] + tm[4]))
    assert places["2,000.00"] < places["10,000"]  # the net stands left of the quantity
    fonts = [str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()]
    assert any("NotoSansArabic" in font for font in fonts)
    for exact in ("2026-000041", "3f" * 32, "EGP 13,292.33", "100-200-300"):
        assert exact in page.extract_text()


def test_what_a_document_says_in_arabic():
    (part,) = layout(purchase(), "ar")["parts"]
    assert (part["title"], part["seller"]) == ("فاتورة ضريبية", "المثال للاتصالات")
    assert part["facts"][1] == ["تاريخ الإصدار", "1 نوفمبر 2026"]
    assert part["effects"][0] == "يمدد هذا الشراء صلاحية 4,000 وحدة حتى 1 سبتمبر 2027: الرصيد 9,000 وحدة بسعر 0.08."
    assert part["totals"][-1] == ["المبلغ المستحق", "EGP 456.00"]


def test_both_languages_say_the_same_things():
    assert ENGLISH.words.keys() == ARABIC.words.keys()
    assert ENGLISH.kinds.keys() == ARABIC.kinds.keys() == {one.kind for one in LINES} | {"purchase"}
    both = layout(invoice(), "both")["parts"]
    assert [row[1:] for row in both[0]["rows"]] == [row[1:] for row in both[1]["rows"]]


def test_a_purchase_says_what_it_extends_and_what_it_serves():
    (said,) = pages(purchase())
    said = " ".join(said.split())
    assert "This purchase extends 4,000 units to 1 September 2027: 9,000 units at 0.08." in said
    assert "120 units covered what had been sent without balance." in said


def test_a_credit_note_names_its_invoice_and_its_reason():
    (said,) = pages(credit_note())
    said = " ".join(said.split())
    assert "10,000" not in said  # it is of an amount, not of segments
    for words in ("Credit note CN-2026-000003", "Corrects invoice 2026-000041", "Reason: late <delivery>", "EGP 3.82"):
        assert words in said, words


def test_a_void_invoice_is_marked_on_each_page():
    many = tuple(line(n, "usage", "EG", 10, "0.20", "2.00") for n in range(1, 61))
    said = pages(invoice(many, void_reason="wrong customer"))
    assert len(said) > 1
    assert all("VOID" in page for page in said)
    assert f"Page {len(said)} / {len(said)}" in said[-1]
    assert "Total due EGP 136.80" in " ".join(said[-1].split())


def test_pages_of_each_language_are_counted_apart():
    many = tuple(line(n, "usage", "EG", 10, "0.20", "2.00") for n in range(1, 61))
    said = pages(invoice(many), "both")
    half = len(said) // 2
    assert f"Page {half} / {half}" in said[half - 1]
    assert f"1 / {half}" in said[half]


def test_a_currency_of_three_digits_shows_three():
    (said,) = pages(invoice((line(1, "usage", "EG", 1, "1.2345", "1.23", vat_rate="0"),), currency="KWD"))
    assert "KWD 1.230" in said


@pytest.mark.parametrize(
    ("value", "shown"), [("0.100000", "0.10"), ("0.100500", "0.1005"), ("2.000000", "2.00"), ("3", "3.00")]
)
def test_a_rate_shows_no_digit_that_says_nothing(value, shown):
    assert rate(Decimal(value)) == shown


def test_words_of_a_customer_are_never_commands_to_the_typesetter():
    (said,) = pages(invoice(buyer=BUYER | {"name": '#panic("x") $a$ *b* \\ <c> @d'}))
    assert '#panic("x") $a$ *b* \\ <c> @d' in said


def test_what_cannot_be_set_is_told_and_the_next_one_is_made():
    with Typesetter() as typesetter:
        with pytest.raises(NotTypeset, match="2026-000041"):
            typesetter.make("2026-000041", {"title": "x"}, "pdf")
        assert typesetter.pdf(invoice()).startswith(b"%PDF-")


def test_a_typesetter_that_was_killed_is_told():
    with Typesetter() as typesetter:
        typesetter.pdf(invoice())
        typesetter._process.kill()
        with pytest.raises(NotTypeset, match="has ended"):
            typesetter.pdf(invoice())


def test_a_page_can_be_looked_at():
    assert compiled(TEMPLATE, layout(invoice(), "en"), "png").startswith(b"\x89PNG")
