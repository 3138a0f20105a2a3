"""INTAKE, Columns: what a file's columns are called and hold, and which is taken for which."""

from types import SimpleNamespace

import pytest

from ingest.layout import Layout
from ingest.proposal import propose
from ingest.refusal import Unusable
from tests.unit.ingest.builders import json_lines, sheet, workbook
from tests.unit.ingest.reading import opened, read

EGYPTIAN = SimpleNamespace(default_region="EG")
OFFER = "Your loan is approved for you"


@pytest.fixture
def proposed(tmp_path):
    def propose_of(content, layout=None):
        path = tmp_path / "file"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return propose(EGYPTIAN, path, layout or Layout())

    return propose_of


@pytest.mark.parametrize(
    ("content", "recipient", "text"),
    [
        (f"msisdn,text\n01001234567,{OFFER}\n", "msisdn", "text"),
        (f"رقم الجوال;الرسالة\n01001234567;{OFFER}\n", "رقم الجوال", "الرسالة"),
        (f"id,contact,note\n1,01001234567,{OFFER}\n2,+201001234568,{OFFER}\n", "contact", "note"),
        ("home phone,phone,mobile\n,0223456789,01001234567\n", "mobile", None),
        ("Ref,Who,Line\n201,Mona,01001234567\n", "Line", None),
        ("a,b\nnothing,here\n", None, None),
        (f"note,remark,contact\nA short line here,{OFFER},01001234567\n", "contact", "remark"),
        (json_lines({"contact": "01001234567", "note": OFFER}), "contact", "note"),
        (workbook(sheet(("note", "contact"), (OFFER, "01001234567"))), "contact", "note"),
    ],
    ids=["ours", "arabic", "by values", "of several", "without text", "none", "longest", "json", "xlsx"],
)  # fmt: skip
def test_which_column_is_which(proposed, content, recipient, text):
    found = proposed(content)

    assert (found.recipient, found.text, found.options) == (recipient, text, {})


@pytest.mark.parametrize("rows", [1, 3])
def test_a_file_without_a_header_is_known_by_the_number_in_its_first_row(proposed, tmp_path, rows):
    content = f"Mona,01001234567,{OFFER}\n" * rows
    found = proposed(content)

    assert (found.recipient, found.text, len(found.columns)) == ("2", "3", 3)
    assert found.options == {"header": False, "columns": []}
    told = Layout(has_header=False, names=(), recipient="2")
    assert len(read(tmp_path, content.encode(), told)) == rows


def test_nobody_s_number_is_shown(proposed):
    found = proposed(f"contact,note\n+20 100 123 4567,call 01001234567 or ٠١٠٠١٢٣٤٥٦٧\n01001234568,{'long ' * 50}\n")

    assert found.columns[0].values == ["+2010•••••567", "0100••••568"]
    assert found.columns[1].values[0] == "call 0100••••567 or ٠١٠٠••••٥٦٧"
    assert len(found.columns[1].values[1]) == 80
    assert found.columns[0].numbers == 1


def test_what_the_account_calls_its_column_goes_before_the_usual_names(proposed):
    content = "mobile,contact\n01001234567,01001234568\n"
    assert proposed(content, Layout(recipient="Contact")).recipient == "contact"


def test_a_sheet_with_numbers_comes_before_a_cover(proposed):
    cover = sheet(("Campaign of November",), ("by marketing",))
    assert proposed(workbook(cover, sheet(("Mobile", "name"), ("01001234567", "Mona")))).recipient == "Mobile"


@pytest.mark.parametrize("content", ["", "<html></html>", "msisdn,text\n"], ids=["empty", "html", "no rows"])
def test_what_is_no_table_is_refused(proposed, content):
    with pytest.raises(Unusable):
        proposed(content)


@pytest.mark.parametrize(
    ("recipient", "found"),
    [
        ("contact", "contact"), ("CONTACT ", "contact"), ("phone", "phone"),
    ],
)  # fmt: skip
def test_the_column_that_the_sender_names_holds_the_numbers(tmp_path, recipient, found):
    source = opened(tmp_path, b"contact|phone|mobile\n01001234567|1|2\n", Layout(recipient=recipient))

    assert source.header[source.recipient] == found


def test_a_column_that_is_not_there_is_said_by_its_name(tmp_path):
    with pytest.raises(Unusable, match="NO_RECIPIENT_COLUMN: no column is named contact"):
        opened(tmp_path, b"msisdn\n01001234567\n", Layout(recipient="contact"))
