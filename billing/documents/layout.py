"""What stands where on a document's pages: plain data for the template, which only draws it."""

from typing import Any

from billing.documents.content import Document, Party
from billing.documents.wording import LANGUAGES, Wording, count, money, percent, rate


def layout(document: Document, language: str | None = None) -> dict[str, Any]:
    """Everything that the template draws. language: en, ar or both; default: the buyer's, as it was at issue."""
    issued = document.issued_at
    return {
        "title": f"{document.kind.replace('_', ' ')} {document.label}",
        "author": document.seller.name,
        "created": [issued.year, issued.month, issued.day, issued.hour, issued.minute, issued.second],
        "parts": [_part(document, wording) for wording in LANGUAGES[language or document.language]],
    }


def _part(document: Document, say: Wording) -> dict[str, Any]:
    digits = document.digits
    of_segments = document.kind == "invoice"  # a credit is of an amount
    paid = "sum_credit" if document.kind == "credit_note" else "sum_total"
    return {
        "lang": say.lang,
        "title": say[document.kind],
        "label": document.label,
        "seller": say.name(document.seller),
        "void": say["void"] if document.void_reason is not None else None,
        "void_reason": _void_reason(document, say),
        "facts": _facts(document, say),
        "parties": [
            _party(say["seller"], document.seller, None, say),
            _party(say["buyer"], document.buyer, document.account, say),
        ],
        "heads": [
            say[head] for head in ("description", "quantity", "rate", "net", "vat_rate", "vat", "line_total")
        ],
        "rows": [
            [
                say.description(line),
                count(line.quantity) if of_segments and line.rate is not None else "",
                rate(line.rate) if of_segments and line.rate is not None else "",
                money(line.net, digits),
                percent(line.vat_rate),
                money(line.vat, digits),
                money(line.net + line.vat, digits),
            ]
            for line in document.lines
        ],
        "totals": [
            [say["sum_net"], money(document.net, digits)],
            [say["sum_vat"], money(document.vat, digits)],
            [say[paid], f"{document.currency} {money(document.total, digits)}"],
        ],
        "effects": _effects(document, say),
        "effects_head": say["effects"],
        "notes": _notes(document, say),
        "content": [say["content"], document.content_hash],
        "page": say["page"],
    }  # fmt: skip


def _facts(document: Document, say: Wording) -> list[list[str]]:
    facts = [[say["number"], document.label], [say["issue_day"], say.day(document.issue_day)]]
    if document.due_day:
        facts.append([say["due_day"], say.day(document.due_day)])
    if document.month:
        facts.append([say["period"], say.month(document.month)])
    if document.corrected:
        label, day = document.corrected
        facts.append([say["corrects"], label])
        facts.append([say["of"], say.day(day)])
    facts.append([say["currency"], document.currency])
    return facts


def _party(role: str, party: Party, account: str | None, say: Wording) -> dict[str, Any]:
    address = party.address
    lines = [
        " ".join(filter(None, (address.get("building"), address.get("street")))),
        " ".join(filter(None, (address.get("city"), address.get("postal_code")))),
        ", ".join(filter(None, (address.get("governorate"), party.country))),
    ]
    facts = [[say["tax_id"], party.tax_id]] if party.tax_id else []
    if account:
        facts.append([say["account"], account])
    return {"role": role, "name": say.name(party), "lines": [line for line in lines if line], "facts": facts}


def _effects(document: Document, say: Wording) -> list[str]:
    """Nothing of a void one: its purchase will have another invoice, which says it."""
    told = document.effects
    if told is None or document.void_reason is not None:
        return []
    values = {
        "extended": count(told.extended_units),
        "served": count(told.served_units),
        "units": count(told.units),
        "rate": rate(told.rate),
        "day": say.day(told.last_valid_day),
    }
    sentences = [say["extends" if told.extended_units else "opens"]] + ([say["served"]] if told.served_units else [])
    return [sentence.format(**values) for sentence in sentences]


def _notes(document: Document, say: Wording) -> list[str]:
    notes = [f"{say['reason']}: {document.reason}"] if document.reason else []
    notes += [say[treatment] for treatment in sorted({line.tax_treatment for line in document.lines} - {"standard"})]
    own = document.seller.settings.get("note_ar" if say.is_rtl else "note")
    return notes + ([own] if own and document.kind == "invoice" else [])


def _void_reason(document: Document, say: Wording) -> str | None:
    return None if document.void_reason is None else f"{say['void_reason']}: {document.void_reason}"
