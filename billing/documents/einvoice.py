"""A document as the Egyptian Tax Authority's e-invoice, document type version 1.0, without its signature.

Numbers have at most five decimals and no zeros at their end, so that every program that reads and writes the JSON leaves them
as they are: the authority's hash is of the digits as they stand.
"""

import json
from collections.abc import Iterable
from datetime import UTC
from decimal import Decimal
from typing import Any

from billing.documents.content import Document, Line, Party
from billing.documents.wording import ENGLISH, rate
from outbound.errors import OutboundError

_DECIMALS = 5
_TYPES = {"invoice": "i", "credit_note": "c"}
_GENERAL, _ABROAD, _EXEMPT = "V009", "V001", "V003"  # general items, export, exempted goods and services
_OTHER_RATE = "V010"
_GENERAL_RATE = Decimal("0.14")


class NoEinvoice(OutboundError):
    """A document cannot be told to the tax authority: which, what is missing, and where it is set."""


def is_possible(document: Document) -> bool:
    return not list(_missing(document))


def as_json(document: Document) -> bytes:
    """UTF-8, a document to be signed and submitted. Raises NoEinvoice."""
    return _written(einvoice(document)).encode() + b"\n"


def einvoice(document: Document) -> dict[str, Any]:
    """Property -> text, Decimal, list or object, in the authority's order. Raises NoEinvoice."""
    missing = list(_missing(document))
    if missing:
        raise NoEinvoice(f"{document.label} cannot be told to the tax authority: {'; '.join(missing)}")
    settings = document.seller.settings
    made: dict[str, Any] = {
        "issuer": _issuer(document.seller),
        "receiver": _receiver(document.buyer),
        "documentType": _TYPES[document.kind],
        "documentTypeVersion": "1.0",
        "dateTimeIssued": f"{document.issued_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "taxpayerActivityCode": settings["activity_code"],
        "internalID": document.label,
    }
    if document.kind == "credit_note":
        made["references"] = [document.corrected_uuid]
    if document.due_day is not None:
        made["payment"] = {"terms": f"Due on {document.due_day.isoformat()}"}
    return made | {
        "invoiceLines": [_line(document, line) for line in document.lines],
        "totalDiscountAmount": Decimal(0),
        "totalSalesAmount": document.net,
        "netAmount": document.net,
        "taxTotals": [{"taxType": "T1", "amount": document.vat}],
        "totalAmount": document.total,
        "extraDiscountAmount": Decimal(0),
        "totalItemsDiscountAmount": Decimal(0),
    }


def _missing(document: Document) -> Iterable[str]:
    seller, buyer = document.seller, document.buyer
    if seller.country != "EG" or not seller.settings.get("activity_code"):
        yield "legal_entity.documents.activity_code of a legal entity in Egypt is not set"
    if len(_digits(seller.tax_id)) != 9:
        yield "legal_entity.tax_id has to have nine digits"
    yield from _missing_of(seller, "legal_entity")
    if any(_item_code(document, line) is None for line in document.lines):
        yield "legal_entity.documents.item_code is not set"
    form = _form(buyer)
    if form == "B" and len(_digits(buyer.tax_id)) != 9:
        yield f"accounts.{document.account}.documents.tax_id of a business has to have nine digits"
    if form == "B":
        yield from _missing_of(buyer, f"accounts.{document.account}")
    if document.currency != "EGP":
        yield f"it is in {document.currency}, and no rate of exchange is kept"
    if document.void_reason is not None:
        yield "it is void"
    if document.kind == "credit_note" and document.corrected_uuid is None:
        label = document.corrected[0] if document.corrected else ""
        yield f"the authority's UUID of invoice {label} is not recorded: outbound einvoice record {label} --uuid ..."


def _missing_of(party: Party, where: str) -> Iterable[str]:
    lacking = [key for key in ("building", "street", "city", "governorate") if not party.address.get(key)]
    if lacking:
        yield f"{where}.documents.address lacks {', '.join(lacking)}"


def _digits(tax_id: str | None) -> str:
    return "".join(character for character in tax_id or "" if character in "0123456789")


def _form(buyer: Party) -> str:
    """B, P or F, as the set-up says; else a foreigner by the country, a business by its number."""
    return str(buyer.settings.get("form") or ("F" if buyer.country != "EG" else "B" if buyer.tax_id else "P"))


def _address(party: Party) -> dict[str, str]:
    return {
        "country": party.country,
        "governate": party.address.get("governorate", ""),
        "regionCity": party.address.get("city", ""),
        "street": party.address.get("street", ""),
        "buildingNumber": party.address.get("building", ""),
        "postalCode": party.address.get("postal_code", ""),
    }


def _issuer(seller: Party) -> dict[str, Any]:
    address = {"branchID": seller.address.get("branch", "0")} | _address(seller)
    return {"address": address, "type": "B", "id": _digits(seller.tax_id), "name": seller.name_ar}


def _receiver(buyer: Party) -> dict[str, Any]:
    form = _form(buyer)
    who = _digits(buyer.tax_id) if form == "B" else buyer.tax_id or ""
    return {"address": _address(buyer), "type": form, "id": who, "name": buyer.name_ar}


def _item_code(document: Document, line: Line) -> str | None:
    """The account's for the zone, else the seller's for the zone, else the seller's."""
    for settings in (document.buyer.settings, document.seller.settings):
        if line.zone in settings.get("item_codes", {}):
            return str(settings["item_codes"][line.zone])
    code = document.seller.settings.get("item_code")
    return str(code) if code else None


def _line(document: Document, line: Line) -> dict[str, Any]:
    """Sales must be quantity times value to five decimals, and are to the cent with us: where the product is no whole amount
    of cents, or the rate has six decimals, the line is one piece at its net, and its description says the rest."""
    quantity, value, description = Decimal(1), line.net, ENGLISH.description(line)
    if line.rate is not None and document.kind == "invoice":
        if line.quantity * line.rate == line.net and line.rate == round(line.rate, _DECIMALS):
            quantity, value = Decimal(line.quantity), line.rate
        else:
            description += f": {line.quantity} at {rate(line.rate)}"
    settings = document.seller.settings
    return {
        "description": description,
        "itemType": settings.get("item_type", "EGS"),
        "itemCode": _item_code(document, line),
        "unitType": settings.get("unit_type", "EA"),
        "quantity": quantity,
        "internalCode": line.kind if line.zone is None else f"{line.kind}-{line.zone}",
        "salesTotal": line.net,
        "total": line.net + line.vat,
        "valueDifference": Decimal(0),
        "totalTaxableFees": Decimal(0),
        "netTotal": line.net,
        "itemsDiscount": Decimal(0),
        "unitValue": {"currencySold": document.currency, "amountEGP": value},
        "discount": {"rate": Decimal(0), "amount": Decimal(0)},
        "taxableItems": [
            {"taxType": "T1", "amount": line.vat, "subType": _sub_type(line), "rate": line.vat_rate * 100}
        ],
    }


def _sub_type(line: Line) -> str:
    if line.tax_treatment == "zero_rated":
        return _ABROAD
    if line.tax_treatment == "exempt":
        return _EXEMPT
    return _GENERAL if line.vat_rate == _GENERAL_RATE else _OTHER_RATE


def number(value: Decimal) -> str:
    """1140, 0.1005: exact, at most five decimals, without zeros at the end."""
    written = f"{round(value, _DECIMALS):f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def _written(value: Any) -> str:
    """Compact JSON whose numbers are exact."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    return number(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
