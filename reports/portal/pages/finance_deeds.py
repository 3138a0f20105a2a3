"""What finance does: each deed is a command, run dry first, whose words are shown before a person confirms it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from outbound.queries import load
from reports.portal import commands
from reports.portal.access import Reading, only
from reports.portal.commands import Outcome
from reports.portal.navigation import Entry
from reports.portal.reading import Reader
from reports.portal.recharge import Recharge, recharge
from reports.portal.rendering import page
from reports.portal.tones import N_
from reports.portal.visitor import Visitor

router = APIRouter()
Q = load("portal/finance_deeds")
Bookkeeper = Annotated[Visitor, Depends(only("finance"))]
"""Managers look at the books; finance alone writes in them."""


@dataclass(frozen=True)
class Field:
    """name: of the command's option, or of its argument. hint: what stands in the empty field."""

    name: str
    title: str
    is_required: bool = False
    is_argument: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Deed:
    """has_id: the command takes `--id`, so that a form sent twice is done once. seconds: what it may take."""

    title: str
    lead: str
    command: tuple[str, ...]
    fields: Sequence[Field]
    has_id: bool = False
    seconds: float = commands.SECONDS

    def words(self, given: Mapping[str, str], *, dry_run: bool) -> list[str]:
        """The command line. Values are joined to their options, and arguments follow `--`: no value is read as an option."""
        options = [f"--{one.name}={given[one.name]}" for one in self.fields if not one.is_argument and given[one.name]]
        arguments = [given[one.name] for one in self.fields if one.is_argument]
        if self.has_id:
            options.append(f"--id={given['key']}")
        return [*self.command, *options, *(["--dry-run"] if dry_run else []), "--", *arguments]


_ACCOUNT = Field("account", N_("Account"), is_required=True)
_OPTIONAL_ACCOUNT = Field("account", N_("Account"))
_REASON = Field("reason", N_("Why"), is_required=True)
_UNITS = Field("units", N_("SMS"), is_required=True)
_MONTH = Field("month", N_("Month"), is_required=True, is_argument=True, hint="2026-10")
_INVOICE = Field("invoice", N_("Invoice's number"), is_required=True, is_argument=True, hint="2026-000041")
_DRAFT = Field("draft", N_("Proposed credit"), is_required=True, is_argument=True)
_BUILDS = 600
DEEDS = {
    "payment": Deed(
        N_("Record a payment"),
        N_("It settles the invoice that the payer named, else the oldest first; what is left stays on account."),
        ("payment",),
        [
            _ACCOUNT, Field("amount", N_("Amount paid"), hint="1140.00"), Field("withheld", N_("Tax withheld"), hint="0.00"),
            Field("certificate", N_("Certificate of the tax withheld")), Field("invoice", N_("Invoice's number"), hint="2026-000041"),
            Field("reference", N_("The bank's reference")),
        ],
        has_id=True,
    ),
    "purchase": Deed(
        N_("Record a purchase"),
        N_("At least as many SMS as are left extend all of them and re-rate them; fewer are a lot of their own."),
        ("purchase",),
        [_ACCOUNT, _UNITS, Field("rate", N_("Rate agreed on, else the card's"), hint="0.19")],
        has_id=True,
    ),
    "take-back": Deed(
        N_("Take a payment back"),
        N_("A cheque that bounced, a transfer that the bank returned: what the payment settled is open again."),
        ("payment",),
        [_ACCOUNT, Field("reverse", N_("The payment's own id"), is_required=True), _REASON],
        has_id=True,
    ),
    "payout": Deed(
        N_("Pay money back"),
        N_("Money on account that the customer gets back: no more than what is left beyond all that is owed."),
        ("payout",),
        [
            _ACCOUNT, Field("amount", N_("Amount paid back"), is_required=True, hint="36.00"), _REASON,
            Field("reference", N_("The bank's reference")),
        ],
        has_id=True,
    ),
    "write-off": Deed(
        N_("Write a debt off"),
        N_("What the customer owes and will not pay becomes a loss. The invoice and its VAT stay as issued; nothing undoes it."),
        ("write-off",),
        [_ACCOUNT, Field("invoice", N_("Invoice's number"), hint="2026-000041"), Field("amount", N_("Amount, else all that is open")), _REASON],
        has_id=True,
    ),
    "refund": Deed(
        N_("Refund SMS"),
        N_("Takes SMS back, those that expire last first, and credits the invoices of their purchases."),
        ("refund",),
        [_ACCOUNT, _UNITS, _REASON],
        has_id=True,
    ),
    "grant": Deed(
        N_("Give SMS for nothing"),
        N_("Goodwill: a lot of its own, valid for twelve months."),
        ("grant",),
        [_ACCOUNT, _UNITS, _REASON],
        has_id=True,
    ),
    "close-month": Deed(
        N_("Close a month"),
        N_("The check builds the books and says what stands against it. Nothing undoes a close."),
        ("close-month",),
        [_MONTH, _OPTIONAL_ACCOUNT],
        seconds=_BUILDS,
    ),
    "issue": Deed(
        N_("Issue invoices"),
        N_("The drafts of a closed month get their numbers. An issued invoice never changes."),
        ("issue",),
        [_MONTH, _OPTIONAL_ACCOUNT],
        seconds=_BUILDS,
    ),
    "credit": Deed(
        N_("Propose a credit"),
        N_("Of a line of a month's invoice. Somebody else approves it; only then is there a credit note."),
        ("credit", "--draft"),
        [_INVOICE, Field("line", N_("Line of the invoice"), hint="1"), Field("net", N_("Net"), is_required=True, hint="100.00"), _REASON],
    ),
    "approve-credit": Deed(
        N_("Approve a credit"),
        N_("Issues the credit note. Whoever proposed it cannot approve it."),
        ("credit-draft", "approve"),
        [_DRAFT],
    ),
    "reject-credit": Deed(
        N_("Turn a credit down"),
        N_("For good; what it held of its line can be credited again."),
        ("credit-draft", "reject"),
        [_DRAFT, _REASON],
    ),
    "void": Deed(
        N_("Void an invoice"),
        N_("On the day of its issue, and not delivered yet. It keeps its number; what it billed is a draft again."),
        ("void",),
        [_INVOICE, _REASON],
        seconds=_BUILDS,
    ),
}  # fmt: skip
_OFFERED = (
    "payment", "take-back", "payout", "write-off", "purchase", "refund", "grant", "close-month", "issue", "credit", "void",
)  # fmt: skip
MENU = [Entry(DEEDS[name].title, f"/finance/record/{name}", ("finance",), N_("Record")) for name in _OFFERED]


async def _form(request: Request) -> dict[str, str]:
    return {name: value.strip() for name, value in (await request.form()).items() if isinstance(value, str)}


@router.get("/finance/record/{deed}")
def asked(request: Request, visitor: Bookkeeper, reader: Reading, deed: str) -> Response:
    return _page(request, reader, _known(deed), request.query_params)


@router.post("/finance/record/{deed}")
def done(
    request: Request, visitor: Bookkeeper, reader: Reading, deed: str, form: Annotated[dict[str, str], Depends(_form)]
) -> Response:
    """Without `confirmed` it says what would be; with it, it is done."""
    wanted = _known(deed)
    given = {one.name: form.get(one.name, "") for one in wanted.fields}
    if any(one.is_required and not given[one.name] for one in wanted.fields):
        raise HTTPException(422)
    given["key"] = form.get("key") or f"portal-{uuid.uuid4().hex}"
    is_confirmed = "confirmed" in form
    words = wanted.words(given, dry_run=not is_confirmed)
    outcome = commands.run(visitor, words, wanted.seconds)
    if is_confirmed or not outcome.succeeded:
        return _page(request, reader, wanted, given, outcome)
    preview = _recharge(visitor, words) if deed == "purchase" else None
    return _page(request, reader, wanted, given, outcome, to_confirm=given, preview=preview)


def _recharge(visitor: Visitor, words: list[str]) -> Recharge | None:
    """The same dry run once more, as figures: what is left and what is bought, in a sentence of the visitor's language."""
    said = commands.run(visitor, [words[0], "--json", *words[1:]])
    return recharge(said.json()) if said.succeeded else None


def _known(deed: str) -> Deed:
    if deed not in DEEDS:
        raise HTTPException(404)
    return DEEDS[deed]


def _page(
    request: Request,
    reader: Reader,
    deed: Deed,
    given: Mapping[str, str],
    outcome: Outcome | None = None,
    to_confirm: Mapping[str, str] | None = None,
    preview: Recharge | None = None,
) -> Response:
    return page(
        request, reader.visitor, "finance_deed.html", 200 if outcome is None or outcome.succeeded else 422,
        deed=deed, given=given, to_confirm=to_confirm, preview=preview, names=[row["name"] for row in reader.rows(Q.names)], outcome=outcome,
    )  # fmt: skip
