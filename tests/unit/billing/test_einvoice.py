"""The tax authority's e-invoice: its figures, what it lacks, and the text that is signed."""

import json
from decimal import Decimal

import pytest

from billing.documents.canonical import canonical, content_hash
from billing.documents.content import Party
from billing.documents.einvoice import NoEinvoice, as_json, einvoice, is_possible, number
from tests.unit.billing.some_documents import BUYER, SELLER, credit_note, invoice, line, purchase


def test_sales_are_quantity_times_value_to_five_decimals_on_every_line():
    for one in einvoice(invoice())["invoiceLines"]:
        assert one["quantity"] * one["unitValue"]["amountEGP"] == one["salesTotal"] == one["netTotal"]
        assert one["netTotal"] + one["taxableItems"][0]["amount"] == one["total"]


def test_a_line_whose_product_is_no_whole_cent_is_one_piece_at_its_net():
    plain, _, rounded, *_ = einvoice(invoice())["invoiceLines"]
    assert (plain["quantity"], plain["unitValue"]["amountEGP"]) == (10_000, Decimal("0.2"))
    assert (rounded["quantity"], rounded["unitValue"]["amountEGP"]) == (1, Decimal("555.92"))
    assert rounded["description"].endswith("1234 at 0.4505")


def test_totals_are_the_issued_ones():
    made = einvoice(invoice())
    assert (made["totalSalesAmount"], made["netAmount"], made["totalAmount"]) == (
        Decimal("11659.94"), Decimal("11659.94"), Decimal("13292.33"),
    )  # fmt: skip
    assert made["taxTotals"] == [{"taxType": "T1", "amount": Decimal("1632.39")}]
    assert sum(one["total"] for one in made["invoiceLines"]) == made["totalAmount"]


def test_who_when_and_what():
    made = einvoice(invoice())
    assert (made["documentType"], made["documentTypeVersion"], made["dateTimeIssued"]) == (
        "i",
        "1.0",
        "2026-11-01T03:15:09Z",
    )
    assert (made["taxpayerActivityCode"], made["internalID"]) == ("6110", "2026-000041")
    assert (made["issuer"]["id"], made["issuer"]["type"], made["issuer"]["address"]["branchID"]) == (
        "100200300",
        "B",
        "0",
    )
    assert (made["receiver"]["id"], made["receiver"]["type"], made["receiver"]["address"]["governate"]) == (
        "200300400", "B", "Giza",
    )  # fmt: skip
    assert [one["itemCode"] for one in made["invoiceLines"]] == [
        "EG-1-SMS",
        "EG-1-SMS",
        "EG-1-SA",
        "EG-1-SMS",
        "EG-1-SMS",
    ]


def test_an_invoice_says_when_it_is_due_and_a_credit_note_does_not():
    assert einvoice(invoice())["payment"] == {"terms": "Due on 2026-12-01"}
    assert "payment" not in einvoice(credit_note(corrected_uuid="42S512YACQBRSRHYKBXBTGQG22"))


def test_an_account_s_own_item_codes_come_first():
    made = einvoice(invoice(buyer=BUYER | {"item_codes": {"SA": "EG-9-SA"}}))
    assert made["invoiceLines"][2]["itemCode"] == "EG-9-SA"


@pytest.mark.parametrize(
    ("treatment", "rate", "sub_type"),
    [("standard", "0.14", "V009"), ("standard", "0.05", "V010"), ("zero_rated", "0", "V001"), ("exempt", "0", "V003")],
)
def test_the_kind_of_vat(treatment, rate, sub_type):
    made = einvoice(invoice((line(1, "usage", "EG", 10, "0.20", "2.00", vat_rate=rate, tax_treatment=treatment),)))
    assert made["invoiceLines"][0]["taxableItems"][0]["subType"] == sub_type


@pytest.mark.parametrize(
    ("buyer", "form"),
    [({"tax_id": None}, "P"), ({"country": "SA", "address": {}}, "F"), ({"form": "B"}, "B"), ({}, "B")],
)
def test_who_the_buyer_is(buyer, form):
    assert einvoice(invoice(buyer=BUYER | buyer))["receiver"]["type"] == form


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (invoice(seller=Party.of(SELLER | {"activity_code": None})), "activity_code"),
        (invoice(seller=Party.of(SELLER | {"tax_id": "100"})), "nine digits"),
        (invoice(seller=Party.of(SELLER | {"item_code": None})), "item_code is not set"),
        (invoice(seller=Party.of(SELLER | {"address": {}})), "legal_entity.documents.address lacks building"),
        (invoice(buyer=BUYER | {"tax_id": "12"}), "accounts.delta.documents.tax_id"),
        (invoice(currency="USD"), "no rate of exchange"),
        (invoice(void_reason="x"), "it is void"),
        (credit_note(), "UUID of invoice 2026-000041 is not recorded"),
    ],
)
def test_what_cannot_be_told_says_what_is_missing(document, why):
    assert not is_possible(document)
    with pytest.raises(NoEinvoice, match=why):
        einvoice(document)


def test_a_credit_note_refers_to_the_authority_s_uuid_of_the_invoice():
    made = einvoice(credit_note(corrected_uuid="42S512YACQBRSRHYKBXBTGQG22"))
    assert (made["documentType"], made["references"]) == ("c", ["42S512YACQBRSRHYKBXBTGQG22"])
    assert (made["invoiceLines"][0]["quantity"], made["totalAmount"]) == (1, Decimal("3.82"))


@pytest.mark.parametrize(
    ("value", "written"), [("1140.00", "1140"), ("0.100500", "0.1005"), ("0", "0"), ("14.0000", "14"), ("100", "100")]
)
def test_numbers_have_no_zeros_that_another_program_would_drop(value, written):
    assert number(Decimal(value)) == written
    assert json.dumps(json.loads(number(Decimal(value)))).removesuffix(".0") == written


def test_the_json_is_read_as_it_was_meant():
    read = json.loads(as_json(purchase()), parse_float=Decimal, parse_int=Decimal)
    assert read == einvoice(purchase())


def test_the_text_that_is_signed():
    """By the authority's rules: names in upper case, plain values as they stand in the JSON, a list's name before each element."""
    value = {
        "issuer": {"name": 'A "B" شركة', "id": "1"},
        "total": Decimal("0.100500"),
        "lines": [{"quantity": Decimal(5)}, {"quantity": Decimal("2.50")}],
        "references": ["U1", "U2"],
    }
    assert canonical(value) == (
        '"ISSUER""NAME""A \\"B\\" شركة""ID""1""TOTAL""0.1005"'
        '"LINES""LINES""QUANTITY""5""LINES""QUANTITY""2.5"'
        '"REFERENCES""REFERENCES""U1""REFERENCES""U2"'
    )
    assert content_hash({"a": Decimal("1.0")}).hex() == (
        "513b2f33bbbf0001ae632521176960ae1cf5faa38d6a7cd33acb48141c612c98"  # of "A""1"
    )
