"""Invoices as files: what they say, that they come to the invoice, and are the same bytes whenever made."""

import csv
import gzip
import io
import json
from decimal import Decimal

import pypdf
import pytest

from billing.documents import usage_file
from billing.documents.loading import find
from outbound import database
from reports.catalogue import TABLES
from tests.integration.billing.documents_at_work import SETUP, USAGE, buy, results, text

FINANCE = [name for name in TABLES if name.startswith(("finance.", "billing."))]


def test_a_month_s_documents_come_to_its_invoice_and_go_out_once(operator):
    operator.applies(SETUP)
    operator.loads(*USAGE)
    operator.does("close-month", "2024-03")
    (invoice,) = operator.does("issue", "2024-03")["issued"]
    assert (invoice["net"], invoice["vat"], invoice["total"]) == (
        "20.00",
        "2.81",
        "22.81",
    )  # 10.05 + 2.90 + 7.05; VAT 1.41 + 0.41 + 0.99
    label = invoice["invoice"]
    operator.applies(SETUP.replace("Example Telecom", "Renamed Telecom"))  # an issued document keeps its words
    operator.sql("update account.term set payment_days = 90")  # and its due day

    (told,) = operator.does("documents", "deliver")["delivered"]
    assert (told["account"], told["document"]) == ("delta", label)
    files = results(operator, "delta")
    assert sorted(files) == [f"invoice-{label}{end}" for end in ("-eta.json", "-usage.csv", ".pdf", ".xml")]
    said = text(files[f"invoice-{label}.pdf"])
    for words in ("Example Telecom", "100-200-300", label, "March 2024", "0.0905", "7.05", "EGP 22.81", "Page 1 / 1"):
        assert words in said, words
    (content_hash,) = operator.sql("select encode(content_hash, 'hex') from billing.invoice")[0]
    assert content_hash in said

    (due_day,) = operator.sql("select issue_day + 30 from billing.invoice")[0]
    assert f"Due on {due_day.day} {due_day:%B %Y}" in said
    assert f"<cbc:DueDate>{due_day}</cbc:DueDate>".encode() in files[f"invoice-{label}.xml"]
    assert json.loads(files[f"invoice-{label}-eta.json"])["payment"] == {"terms": f"Due on {due_day}"}

    rows = list(csv.DictReader(io.StringIO(files[f"invoice-{label}-usage.csv"].decode("utf-8-sig"))))
    assert [(row["line"], row["usage"], row["segments"], row["net"]) for row in rows] == [
        ("1", "U-1", "33", "3.32"),
        ("1", "U-2", "33", "3.31"),
        ("1", "U-3", "33", "3.32"),
        ("1", "U-4", "1", "0.10"),
        ("2", "U-4", "32", "2.90"),
        ("3", "", "0", "7.05"),
    ]
    assert sum(Decimal(row["net"]) for row in rows) == Decimal("20.00")

    assert operator.does("documents", "deliver")["delivered"] == []
    assert operator.sql("select step from billing.delivery order by step") == [("begun",), ("done",)]
    refused = operator.run("void", label, "--reason", "wrong rate")
    assert (refused.status, "has gone to its customer" in refused.error) == (1, True)

    operator.run("documents", "write", label, "-o", operator.folder / "again.pdf")
    assert (operator.folder / "again.pdf").read_bytes() == files[f"invoice-{label}.pdf"]

    with database.connect("billing") as connection:
        document = find(connection, label)
        whole = b"".join(usage_file.blocks(connection, document))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(usage_file, "LARGE", 100)
            assert usage_file.name(document) == f"invoice-{label}-usage.csv.gz"
            assert gzip.decompress(b"".join(usage_file.blocks(connection, document))) == whole
    assert whole == files[f"invoice-{label}-usage.csv"]

    journal = operator.does("journal", "2024-03", "-o", operator.folder / "journal.csv")
    before = (operator.folder / "journal.csv").read_bytes()
    assert journal["journal_entries"] == 1
    assert journal["totals"] == [{"currency": "EGP", "debit": "20.00", "credit": "20.00"}]
    assert [
        (row["journal"], row["code"], row["debit"], row["credit"])
        for row in csv.DictReader(io.StringIO(before.decode("utf-8-sig")))
    ] == [("2024-03-000001", "121500", "20.00", "0"), ("2024-03-000001", "4100", "0", "20.00")]
    operator.loads(USAGE[0] | {"id": "LATE", "units": 5})
    operator.does("build")
    operator.does("journal", "2024-03", "-o", operator.folder / "journal.csv")
    assert (operator.folder / "journal.csv").read_bytes() == before

    for table in FINANCE:
        for form in ("csv", "xlsx", "json"):
            path = operator.folder / f"{table}.{form}"
            answer = operator.run("export", table, "-o", path)
            assert (answer.status, path.stat().st_size > 0) == (0, True), (table, form)
    rows = list(csv.DictReader(io.StringIO((operator.folder / "finance.invoice_usage.csv").read_text())))
    assert [(row["usage"], row["from_unit"], row["quantity"]) for row in rows if row["month"] == "2024-03"] == [
        ("U-1", "1", "33"), ("U-2", "1", "33"), ("U-3", "1", "33"), ("U-4", "1", "1"), ("U-4", "101", "32"),
    ]  # fmt: skip


def test_a_purchase_s_invoice_says_what_it_extends_in_both_languages(operator):
    operator.applies(SETUP)
    buy(operator, 4_000, "0.10")
    label = buy(operator, 5_000, "0.08")
    operator.does("documents", "deliver")
    files = results(operator, "nile")
    said = text(files[f"invoice-{label}.pdf"])
    (day,) = operator.sql(
        "select max(last_valid_day) from (select (effects ->> 'last_valid_day')::date as last_valid_day from billing.particulars) as told"
    )[0]
    assert f"extends 4,000 units to {day.day} {day:%B} {day.year}: 9,000 units at 0.08" in " ".join(said.split())
    assert "Page 1 / 1" in said
    reader = pypdf.PdfReader(io.BytesIO(files[f"invoice-{label}.pdf"]))
    assert len(reader.pages) == 2
    fonts = [str(font.get_object()["/BaseFont"]) for font in reader.pages[1]["/Resources"]["/Font"].values()]
    assert any("NotoSansArabic" in font for font in fonts)
    assert "EGP 456.00" in reader.pages[1].extract_text()

    einvoice = json.loads(files[f"invoice-{label}-eta.json"], parse_float=Decimal)
    (line,) = einvoice["invoiceLines"]
    assert (line["quantity"], line["unitValue"]["amountEGP"], line["salesTotal"]) == (5_000, Decimal("0.08"), 400)
    assert (line["taxableItems"], einvoice["totalAmount"]) == (
        [{"taxType": "T1", "amount": 56, "subType": "V009", "rate": 14}],
        456,
    )
    assert (einvoice["issuer"]["id"], einvoice["receiver"]["id"]) == ("100200300", "200300400")


def test_a_refund_s_credit_note_waits_for_the_invoice_s_uuid(operator):
    operator.applies(SETUP)
    label = buy(operator, 1_000, "0.10")
    (note,) = operator.does("refund", "--account", "nile", "--units", 400, "--reason", "too many")["credit_notes"]
    folder = operator.folder / "authority"
    first, second = operator.does("einvoice", "export", folder)["documents"]
    assert (first["document"], first["waits_for"]) == (label, None)
    assert [first["file"], first["signed_text"]] == [str(folder / f"{label}.json"), str(folder / f"{label}.txt")]
    assert sorted(str(path) for path in folder.iterdir()) == [first["file"], first["signed_text"]]
    assert (second["file"], second["signed_text"]) == (None, None)
    assert (second["document"], f"UUID of invoice {label} is not recorded" in second["waits_for"]) == (
        note["credit_note"], True,
    )  # fmt: skip
    operator.does("einvoice", "record", label, "--uuid", "42S512YACQBRSRHYKBXBTGQG22", "--status", "valid")
    (only,) = operator.does("einvoice", "export", folder)["documents"]
    made = json.loads((folder / f"{only['document']}.json").read_text(), parse_float=Decimal)
    assert (made["documentType"], made["references"], made["totalAmount"]) == (
        "c", ["42S512YACQBRSRHYKBXBTGQG22"], Decimal("45.6"),
    )  # fmt: skip
    (listed, _) = operator.does("documents", "list")["documents"]
    assert (listed["document"], listed["tax_status"]) == (label, "valid")


def test_a_void_invoice_never_goes_out_and_its_page_says_so(operator):
    operator.applies(SETUP)
    label = buy(operator, 1_000, "0.10")
    operator.does("void", label, "--reason", "wrong customer")
    assert operator.does("documents", "deliver")["delivered"] == []
    operator.run("documents", "write", label, "-o", operator.folder / "void.pdf")
    said = text((operator.folder / "void.pdf").read_bytes())
    assert "VOID" in said
    assert "This invoice is void: wrong customer" in said


@pytest.mark.parametrize("table", ["particulars", "delivery", "tax_submission"])
def test_what_became_of_a_document_is_only_ever_added_to(operator, table):
    operator.applies(SETUP)
    label = buy(operator, 1_000, "0.10")
    operator.does("documents", "deliver")
    operator.does("einvoice", "record", label, "--uuid", "A-1", "--status", "submitted")
    for statement in (
        f"update billing.{table} set account_id = account_id",
        f"delete from billing.{table}",
        f"truncate billing.{table}",
    ):
        with pytest.raises(Exception, match="never changed"):
            operator.sql(statement)


def test_a_journal_is_refused_while_an_account_can_still_change_it(operator):
    operator.applies(SETUP)
    operator.loads(*USAGE)
    operator.does("build")
    refused = operator.run("journal", "2024-03", "-o", operator.folder / "journal.csv")
    assert (refused.status, "is still open for delta" in refused.error) == (1, True)
    assert list(operator.folder.glob("*journal.csv*")) == []
