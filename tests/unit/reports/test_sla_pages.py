"""The monthly SLA report's pages: every figure with what is left out of it, in the account's language, the same bytes each time."""

import hashlib
import io
import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pypdf
import pytest

from outbound.typesetting.typesetter import Typesetter
from reports.sla_pages import TEMPLATE, layout, percent
from reports.sla_wording import ARABIC, ENGLISH

PARTIES = {
    "name": "nile", "language": "both", "documents": {"name": "Nile Trading", "name_ar": "شركة النيل"}, "timezone": "Africa/Cairo",
    "entity": "Example Telecom", "entity_documents": {}, "frozen_at": datetime(2026, 11, 3, 22, 0, tzinfo=UTC),
}  # fmt: skip
FIGURES = [
    {
        "metric": metric, "raw": Decimal("0.945274"), "adjusted": adjusted, "excluded": 1055, "exclusions": exclusions,
        "target": target, "state": state, "good": 1900, "counted": 1960, "at_least": Decimal("0.96"), "at_most": Decimal("0.97"),
        "budget_left": None,
    }
    for metric, adjusted, target, state, exclusions in [
        ("S1", Decimal("0.99975"), Decimal("0.9995"), "met", {"announced_maintenance": 60}),
        ("S6", None, None, "info", {}),
        ("S7", Decimal("0.969388"), Decimal("0.98"), "breached", {"opted_out": 5, "handset_unavailable": 1050}),
    ]
]  # fmt: skip
ANOTHER_PROCESS = """
import hashlib
from outbound.typesetting.typesetter import Typesetter
from reports.sla_pages import TEMPLATE, layout
from tests.unit.reports.test_sla_pages import FIGURES, PARTIES
with Typesetter(TEMPLATE) as typesetter:
    print(hashlib.sha256(typesetter.make("x", layout("2026-10", PARTIES, FIGURES))).hexdigest())
"""


@pytest.fixture(scope="module")
def pdf() -> bytes:
    with Typesetter(TEMPLATE) as typesetter:
        return typesetter.make("x", layout("2026-10", PARTIES, FIGURES))


def test_two_processes_make_the_same_bytes_wherever_they_run(pdf, tmp_path):
    elsewhere = os.environ | {"TZ": "Asia/Tokyo", "LANG": "C", "HOME": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
    there = subprocess.run(
        [sys.executable, "-c", ANOTHER_PROCESS], capture_output=True, text=True, check=True, env=elsewhere, cwd=tmp_path
    )
    assert there.stdout.strip() == hashlib.sha256(pdf).hexdigest()


def test_it_was_made_when_its_month_was_frozen(pdf):
    said = pypdf.PdfReader(io.BytesIO(pdf)).metadata
    assert said is not None
    assert (said.title, said.author, said["/CreationDate"]) == (
        "SLA nile 2026-10",
        "Example Telecom",
        "D:20261103220000Z",
    )


def test_each_language_has_a_page_with_all_of_it(pdf):
    english, arabic = (page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    said = " ".join(english.split())
    for words in (
        "Service level report", "Nile Trading", "October 2026", "2026-11-04 00:00", "S1 Session availability 99.95 % 94.5274 % 99.975 %",
        "1,900 / 1,960 1,055", "missed", "handset unavailable 1,050 · opted out 5", "minutes of announced maintenance 60",
    ):  # fmt: skip
        assert words in said
    for figure in ("99.95 %", "94.5274 %", "1,900 / 1,960", "96.9388 %", "2026-11-04 00:00"):
        assert figure in arabic
    assert "Service" not in arabic


def test_both_languages_have_the_same_words():
    for part in ("words", "metrics", "states", "exclusions"):
        assert getattr(ENGLISH, part).keys() == getattr(ARABIC, part).keys()


@pytest.mark.parametrize(
    ("share", "said"),
    [("1", "100.00 %"), ("0.9995", "99.95 %"), ("0.999537", "99.9537 %"), ("0.98", "98.00 %"), ("-0.5", "-50.00 %"), ("0.9999999", "100.00 %")],
)  # fmt: skip
def test_a_share_has_the_digits_that_a_target_needs(share, said):
    assert percent(Decimal(share)) == said
