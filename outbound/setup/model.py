"""What a set-up file says: each part with its keys, their defaults and what has to hold between them."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from outbound.setup import cards
from outbound.setup.campaigns import ContentScreen, Defaults
from outbound.setup.carrier import PricedConnector
from outbound.setup.notices import Notices
from outbound.setup.papers import BuyerDocuments, LedgerAccount, SellerDocuments
from outbound.setup.prices import FxRates
from outbound.setup.terms import Change, Terms
from outbound.setup.values import (
    Country,
    Day,
    Email,
    Landing,
    Prefix,
    Rate,
    Region,
    Sender,
    Share,
    Strict,
    Text,
    Timezone,
    Window,
    Zone,
)


class LegalEntity(Strict):
    """Who writes the invoices. approvals: whether a second person has to agree to closing, issuing, voiding, crediting,
    grants, refunds and reversals.

    chart_of_accounts: the code of a ledger account in the entity's own books, for `outbound journal`.
    """

    name: Text
    country: Country
    timezone: Timezone
    tax_id: Text | None = None
    approvals: Literal["none", "two_people"] = "none"
    documents: SellerDocuments = SellerDocuments()
    chart_of_accounts: dict[LedgerAccount, Text] = Field(default_factory=dict)


class Network(Strict):
    """Numbers that begin with prefix; the longest that matches wins. covered: false makes NOT_COVERED of them.

    requires_sender_approval: the operator lets only senders through that name it. receipts: false where it never tells
    whether a message was delivered.
    """

    prefix: Prefix
    operator: Text
    country: Country
    zone: Zone
    covered: bool = True
    requires_sender_approval: bool = False
    receipts: bool = True


class SenderRow(Strict):
    """An address that the account may send from, from a day on. operators: those that let it through; null: all but those
    whose networks ask for approval. klass: of the campaigns that may use it; null: both. document: what that rests on."""

    address: Sender
    approved: Day
    until: Day | None = None
    operators: list[Text] | None = None
    klass: Literal["informational", "promotional"] | None = Field(default=None, alias="class")
    document: Text | None = None


class User(Strict):
    """Someone of the account."""

    email: Email
    name: Text
    role: Literal["customer", "customer_approver", "customer_admin"] = "customer"


class Staff(Strict):
    """Someone of the operator."""

    email: Email
    name: Text
    role: Literal["finance", "manager", "operator"]


class RateRow(Strict):
    """A tier of a rate card. to is exclusive. Prepaid: by the units of one order; postpaid: by the month's units."""

    zone: Zone
    since: Day = Field(alias="from")
    until: Day | None = Field(default=None, alias="to")
    from_unit: int = Field(default=1, ge=1)
    rate: Rate


class Target(Strict):
    """An agreed SLA target (SLA): from a day on, else always."""

    metric: str = Field(pattern="^S([1-9]|1[0-4])$")
    target: Share
    since: Day | None = Field(default=None, alias="from")


class ContractedRate(Strict):
    """Segments a second that the account's campaigns may take together, from a day on, else always (SLA S4, S5)."""

    rate: int | None = Field(ge=1, le=2_000_000_000)
    since: Day | None = Field(default=None, alias="from")


def _checked(rates: list[RateRow]) -> list[RateRow]:
    found = cards.faults(rates)
    if found:
        raise PydanticCustomError("faults", "the rates contradict each other", {"faults": found})
    return rates


class Account(Terms):
    """A customer: its terms, senders, prices and landing zone. Lists that are left out stay as they are.

    language: of its invoices, SLA reports and notices; both is English and then Arabic.
    """

    name: str = Field(pattern="^[a-z0-9][a-z0-9_-]*$", max_length=63)
    language: Literal["en", "ar", "both"] = "en"
    timezone: Timezone | None = None
    default_region: Region | None = None
    landing: Landing | None = None
    zones: list[Zone] | None = None
    senders: list[SenderRow] | None = None
    users: list[User] | None = None
    defaults: Defaults = Defaults()
    notices: Notices = Notices()
    documents: BuyerDocuments = BuyerDocuments()
    rates: Annotated[list[RateRow], AfterValidator(_checked)] | None = None
    sla: list[Target] | None = None
    contracted_rates: list[ContractedRate] | None = None
    terms: list[Change] = Field(default_factory=list)


class Setup(Strict):
    """The whole file. A list that is left out stays as it is; one that is there is all there is."""

    legal_entity: LegalEntity
    networks: list[Network] | None = None
    quiet_hours: dict[Country, Window] | None = None
    content_screen: ContentScreen | None = None
    connectors: list[PricedConnector] | None = None
    fx_rates: FxRates | None = None
    staff: list[Staff] | None = None
    accounts: list[Account] = Field(default_factory=list)
