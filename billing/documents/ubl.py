"""A document as UBL 2.1 XML: Invoice-2 or CreditNote-2 of OASIS, in the order of elements that the schemas ask for."""

import re
from calendar import monthrange
from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from billing.documents.content import Document, Line, Party, amount
from billing.documents.wording import ENGLISH

_OASIS = "urn:oasis:names:specification:ubl:schema:xsd:"
_CAC, _CBC = f"{_OASIS}CommonAggregateComponents-2", f"{_OASIS}CommonBasicComponents-2"
_CATEGORIES = {"standard": "S", "zero_rated": "Z", "exempt": "E"}  # UNCL 5305
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 has no way to say
_PIECE = "C62"  # UN/ECE recommendation 20: one

for prefix, namespace in (("cac", _CAC), ("cbc", _CBC)):
    register_namespace(prefix, namespace)


def document(one: Document) -> bytes:
    """The same document is the same bytes."""
    return _Writer(one).written()


class _Writer:
    def __init__(self, one: Document) -> None:
        self._one = one
        self._is_note = one.kind == "credit_note"
        self._kind = "CreditNote" if self._is_note else "Invoice"

    def written(self) -> bytes:
        one = self._one
        root = Element(f"{{{_OASIS}{self._kind}-2}}{self._kind}")
        register_namespace("", f"{_OASIS}{self._kind}-2")
        _text(root, "UBLVersionID", "2.1")
        _text(root, "ID", one.label)
        _text(root, "IssueDate", one.issue_day.isoformat())
        if one.due_day is not None:
            _text(root, "DueDate", one.due_day.isoformat())
        _text(root, f"{self._kind}TypeCode", "381" if self._is_note else "380")
        _text(root, "Note", f"Content SHA-256 {one.content_hash}")
        if one.void_reason is not None:
            _text(root, "Note", f"VOID: {one.void_reason}")
        _text(root, "DocumentCurrencyCode", one.currency)
        _text(root, "LineCountNumeric", str(len(one.lines)))
        self._period(root)
        if one.corrected is not None:
            if one.reason:
                _text(_part(root, "DiscrepancyResponse"), "Description", one.reason)
            reference = _part(_part(root, "BillingReference"), "InvoiceDocumentReference")
            _text(reference, "ID", one.corrected[0])
            _text(reference, "IssueDate", one.corrected[1].isoformat())
        self._party(_part(root, "AccountingSupplierParty"), one.seller)
        self._party(_part(root, "AccountingCustomerParty"), one.buyer)
        self._taxes(root)
        totals = _part(root, "LegalMonetaryTotal")
        self._amount(totals, "LineExtensionAmount", one.net)
        self._amount(totals, "TaxExclusiveAmount", one.net)
        self._amount(totals, "TaxInclusiveAmount", one.total)
        self._amount(totals, "PayableAmount", one.total)
        for line in one.lines:
            self._line(root, line)
        made: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
        return made + b"\n"

    def _period(self, root: Element) -> None:
        if month := self._one.month:
            period = _part(root, "InvoicePeriod")
            _text(period, "StartDate", month.isoformat())
            _text(period, "EndDate", month.replace(day=monthrange(month.year, month.month)[1]).isoformat())

    def _party(self, role: Element, party: Party) -> None:
        there = _part(role, "Party")
        _text(_part(there, "PartyName"), "Name", party.name)
        address = _part(there, "PostalAddress")
        for element, key in (
            ("StreetName", "street"),
            ("BuildingNumber", "building"),
            ("CityName", "city"),
            ("PostalZone", "postal_code"),
            ("CountrySubentity", "governorate"),
        ):
            if party.address.get(key):
                _text(address, element, party.address[key])
        _text(_part(address, "Country"), "IdentificationCode", party.country)
        if party.tax_id:
            scheme = _part(there, "PartyTaxScheme")
            _text(scheme, "CompanyID", party.tax_id)
            _text(_part(scheme, "TaxScheme"), "ID", "VAT")
        _text(_part(there, "PartyLegalEntity"), "RegistrationName", party.name)

    def _taxes(self, root: Element) -> None:
        """A subtotal for each VAT rate of each treatment: sums of the lines' VAT, which is rounded line by line (CHARGING 28)."""
        total = _part(root, "TaxTotal")
        self._amount(total, "TaxAmount", self._one.vat)
        for rate, treatment in sorted({(line.vat_rate, line.tax_treatment) for line in self._one.lines}):
            lines = [line for line in self._one.lines if (line.vat_rate, line.tax_treatment) == (rate, treatment)]
            part = _part(total, "TaxSubtotal")
            self._amount(part, "TaxableAmount", sum((line.net for line in lines), Decimal(0)))
            self._amount(part, "TaxAmount", sum((line.vat for line in lines), Decimal(0)))
            self._category(part, "TaxCategory", rate, treatment)

    def _category(self, parent: Element, name: str, rate: Decimal, treatment: str) -> None:
        category = _part(parent, name)
        _text(category, "ID", _CATEGORIES[treatment])
        _text(category, "Percent", f"{(rate * 100).normalize():f}")
        if treatment == "exempt" and name == "TaxCategory":
            _text(category, "TaxExemptionReason", "Exempt from VAT")
        _text(_part(category, "TaxScheme"), "ID", "VAT")

    def _line(self, root: Element, line: Line) -> None:
        """A minimum, and a credit, which is of an amount and not of segments, are one piece at their net."""
        is_piece = line.rate is None or self._is_note
        there = _part(root, f"{self._kind}Line")
        _text(there, "ID", str(line.n))
        quantity = _text(
            there, "CreditedQuantity" if self._is_note else "InvoicedQuantity", str(1 if is_piece else line.quantity)
        )
        quantity.set("unitCode", _PIECE)
        self._amount(there, "LineExtensionAmount", line.net)
        self._amount(_part(there, "TaxTotal"), "TaxAmount", line.vat)
        item = _part(there, "Item")
        _text(item, "Name", ENGLISH.description(line))
        self._category(item, "ClassifiedTaxCategory", line.vat_rate, line.tax_treatment)
        price = _text(_part(there, "Price"), "PriceAmount", f"{line.net if is_piece else line.rate:f}")
        price.set("currencyID", self._one.currency)

    def _amount(self, parent: Element, name: str, value: Decimal) -> None:
        _text(parent, name, amount(value, self._one.digits)).set("currencyID", self._one.currency)


def _part(parent: Element, name: str) -> Element:
    return SubElement(parent, f"{{{_CAC}}}{name}")


def _text(parent: Element, name: str, value: str) -> Element:
    there = SubElement(parent, f"{{{_CBC}}}{name}")
    there.text = _NO_XML.sub("\N{REPLACEMENT CHARACTER}", value)
    return there
