"""What a set-up file says: each part with its keys, their defaults and what has to hold between them."""

from collections import Counter
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from outbound.money import currency_digits
from outbound.setup import cards, costs
from outbound.setup.notices import Notices
from outbound.setup.papers import BuyerDocuments, LedgerAccount, SellerDocuments
from outbound.setup.values import (
    Amount,
    Country,
    Currency,
    Day,
    Domain,
    Email,
    Encoding,
    Exchange,
    Landing,
    PaymentDays,
    Percent,
    Phrase,
    Prefix,
    Rate,
    Region,
    Sender,
    Share,
    Spread,
    Strict,
    TaxRate,
    Text,
    Timezone,
    Validity,
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


class Authorities(Strict):
    """Which certificates a TLS connection trusts: those of ca_file, else the system's."""

    ca_file: Text | None = None


def _tls(value: Any) -> Any:
    return {"ca_file": None} if value is True else None if value is False else value


ENQUIRE_LINK = 30  # seconds, where a connector says nothing: as smpp.timers has it, which the kernel does not import
DEAD_AFTER_ENQUIRE = 10  # seconds that an enquire_link may be without an answer


class Timing(Strict):
    """Seconds that few carriers need otherwise, the bind's system_type, and for a receiver the name of the connector whose
    receipts and replies come in there."""

    response_timeout: int | None = Field(default=None, ge=1)
    enquire_link: int | None = Field(default=None, ge=1)
    unmatched_after: int | None = Field(default=None, ge=1)
    system_type: str | None = Field(default=None, max_length=12)
    receives_for: Text | None = None


class Route(Strict):
    """Numbers that go out at a connector, told by their first digits or by their operator. Of the connectors that serve
    a number the cheapest that can be used goes first; equals share by weight."""

    prefix: Prefix | None = None
    operator: Text | None = None
    cost: Rate = Decimal(0)
    weight: int = Field(default=1, ge=1, le=1000)

    @model_validator(mode="before")
    @classmethod
    def _plain_prefix(cls, value: Any) -> Any:
        return value if isinstance(value, dict | Route) else {"prefix": value}

    @model_validator(mode="after")
    def _serves_something(self) -> "Route":
        if (self.prefix is None) == (self.operator is None):
            raise ValueError("give exactly one of prefix and operator")
        return self


def _statuses(answers: dict[str, str]) -> dict[str, str]:
    """By their number in eight digits, so that a status stands there once."""
    found: dict[str, str] = {}
    for written, meaning in answers.items():
        status = int(written, 16)
        if status == 0:
            raise ValueError("0x00000000 always means accepted: leave it out")
        key = f"0x{status:08x}"
        if key in found:
            raise ValueError(f"{written} stands here twice: keep one")
        found[key] = meaning
    return found


CommandStatus = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{1,8}$")]
Meaning = Literal["retry", "slow_down", "in_doubt", "final"]
Answers = Annotated[dict[CommandStatus, Meaning], AfterValidator(_statuses)]


DataCoding = Annotated[int, Field(ge=0, le=255)]


class Wire(Strict):
    """How segments go out."""

    joined: Literal["udh", "udh16", "sar"] = "udh"
    in_payload: bool = False
    gsm: DataCoding = 0
    latin1: DataCoding | None = None
    ucs2: DataCoding = 8

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> "Wire":
        used = [number for number in (self.gsm, self.latin1, self.ucs2) if number is not None]
        if len(set(used)) < len(used):
            raise ValueError(f"gsm, latin1 and ucs2 are numbers of their own, not {', '.join(map(str, used))}")
        return self


class Connector(Strict):
    """A way out: an SMPP server."""

    name: Text
    host: Text
    port: int = Field(default=2775, ge=1, le=65535)
    system_id: str = Field(min_length=1, max_length=15)
    password: str | None = Field(default=None, repr=False)
    password_file: Text | None = None
    password_env: Text | None = None
    bind: Literal["transmitter", "receiver", "transceiver"] = "transceiver"
    sessions: int = Field(default=1, ge=1, le=64)
    window: int = Field(default=100, ge=1, le=100_000)
    rate: int | None = Field(default=None, ge=1, le=2_000_000_000)
    routes: list[Route] = Field(default_factory=list)
    answers: Answers = Field(default_factory=dict)
    wire: Wire = Wire()
    receipts_complete: bool = False
    in_doubt_after: int | None = Field(default=None, ge=1, le=2_000_000_000)
    in_doubt_policy: Literal["never_twice", "at_least_once"] = "never_twice"
    echoes_reference: bool = True
    message_id_form: Literal["as_is", "decimal", "hex", "auto"] = "auto"
    ledger_window: int = Field(default=8000, ge=1, le=100_000)
    tls: Annotated[Authorities | None, BeforeValidator(_tls)] = None
    options: Timing = Timing()
    enabled: bool = True

    @model_validator(mode="after")
    def _belongs_together(self) -> "Connector":
        if sum(way is not None for way in (self.password, self.password_file, self.password_env)) != 1:
            raise ValueError("give exactly one of password, password_file and password_env")
        if self.bind != "receiver" and not self.routes:
            raise ValueError('routes is empty, so nothing would go out here: give prefixes, like routes: ["20"]')
        if self.options.receives_for is not None and self.bind != "receiver":
            raise ValueError("receives_for is of a connector with bind: receiver; this one has receipts of its own")
        if self.in_doubt_after is not None and not self.receipts_complete:
            raise ValueError("in_doubt_after means something only where receipts_complete is true: leave it out")
        noticed = (self.options.enquire_link or ENQUIRE_LINK) + DEAD_AFTER_ENQUIRE
        if self.in_doubt_after is not None and self.in_doubt_after < noticed:
            raise ValueError(
                f"in_doubt_after is {self.in_doubt_after}, but it takes up to {noticed} s to notice a dead session, whose "
                f"silence proves nothing: give {noticed} or more"
            )
        twice = [key for key, count in Counter((r.prefix, r.operator) for r in self.routes).items() if count > 1]
        if twice:
            raise ValueError(f"{twice[0][0] or twice[0][1]} stands twice among its routes: keep one")
        return self


class BuyRate(Strict):
    """What the carrier asks for a segment from a day on: of an operator's networks, of those of a prefix, or of all that
    nothing else names. per: each accepted segment costs, or each that was delivered. to is exclusive."""

    operator: Text | None = None
    prefix: Prefix | None = None
    per: Literal["submission", "delivery"] = "submission"
    currency: Currency
    since: Day = Field(alias="from")
    until: Day | None = Field(default=None, alias="to")
    rate: Rate

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> "BuyRate":
        if self.operator is not None and self.prefix is not None:
            raise ValueError("give operator or prefix, or neither for all networks")
        if self.operator is not None and (self.operator == costs.EVERY or self.operator.startswith("+")):
            raise ValueError(
                f"operator {self.operator!r} would be taken for something else: leave out what it begins with"
            )
        return self

    @property
    def network(self) -> str:
        """As network.buy_rate has it."""
        return self.operator or (f"+{self.prefix}" if self.prefix else costs.EVERY)


def _priced(rates: list[BuyRate]) -> list[BuyRate]:
    found = costs.faults(rates)
    if found:
        raise PydanticCustomError("faults", "the buy rates contradict each other", {"faults": found})
    return rates


class PricedConnector(Connector):
    """A connector and what it costs. Buy rates that are left out stay as they are."""

    buy_rates: Annotated[list[BuyRate], AfterValidator(_priced)] | None = None


class FxRate(Strict):
    """What one unit of currency is worth in another, from a day on until the next one of the two."""

    currency: Currency
    into: Currency
    since: Day = Field(alias="from")
    rate: Exchange

    @model_validator(mode="after")
    def _exchanges_something(self) -> "FxRate":
        if self.currency == self.into:
            raise ValueError(f"{self.currency} into itself needs no rate: leave it out")
        return self


def _each_once(rates: list[FxRate]) -> list[FxRate]:
    keys = [(rate.currency, rate.into, rate.since) for rate in rates]
    found = [
        (n, f"{key[0]} into {key[1]} from {key[2]} stands here twice: keep one")
        for n, key in enumerate(keys)
        if key in keys[:n]
    ]
    if found:
        raise PydanticCustomError("faults", "the exchange rates contradict each other", {"faults": found})
    return rates


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


class Terms(Strict):
    """The commercial terms that can change at a date (CHARGING 2, 30)."""

    scheme: Literal["prepaid", "postpaid"]
    currency: Currency
    tax_treatment: Literal["standard", "zero_rated", "exempt"] = "standard"
    vat_rate: TaxRate = Decimal(0)
    valuation: Literal["rerate", "blended"] = "rerate"
    recharge_tolerance: Share = Decimal(0)
    tier_mode: Literal["graduated", "volume"] = "graduated"
    tier_scope: Literal["zone", "account"] = "zone"
    minimum_monthly: Amount = Decimal(0)
    credit_limit: Amount | None = None
    monthly_cap: Amount | None = None
    payment_days: PaymentDays = 30
    activation: Literal["confirmation", "payment"] = "confirmation"

    @model_validator(mode="after")
    def _has_the_currency_s_digits(self) -> "Terms":
        digits = currency_digits(self.currency)
        for name in ("minimum_monthly", "credit_limit", "monthly_cap"):
            amount = getattr(self, name)
            if amount is not None and amount != round(amount, digits):
                raise ValueError(f"{name}: {amount} has more digits than {self.currency}, which has {digits}")
        return self

    @model_validator(mode="after")
    def _is_taxed(self) -> "Terms":
        if self.tax_treatment != "standard" and self.vat_rate:
            raise ValueError(
                f"what is {self.tax_treatment} has no VAT: set vat_rate to 0, or tax_treatment to standard"
            )
        return self


class Change(Strict):
    """Other terms from a day on; what it leaves out stays as it was."""

    since: Day = Field(alias="from")
    scheme: Literal["prepaid", "postpaid"] | None = None
    currency: Currency | None = None
    tax_treatment: Literal["standard", "zero_rated", "exempt"] | None = None
    vat_rate: TaxRate | None = None
    valuation: Literal["rerate", "blended"] | None = None
    recharge_tolerance: Share | None = None
    tier_mode: Literal["graduated", "volume"] | None = None
    tier_scope: Literal["zone", "account"] | None = None
    minimum_monthly: Amount | None = None
    credit_limit: Amount | None = None
    monthly_cap: Amount | None = None
    payment_days: PaymentDays | None = None
    activation: Literal["confirmation", "payment"] | None = None


class Gate(Strict):
    """The bounds within which a campaign goes without a person (INTAKE); null: no bound."""

    max_rows: int | None = Field(default=None, ge=0)
    max_reject_ratio: float | None = Field(default=None, ge=0, le=1)
    max_not_in_base_ratio: float | None = Field(default=None, ge=0, le=1)
    max_campaign_segments: int | None = Field(default=None, ge=0)
    max_message_segments: int | None = Field(default=None, ge=0)
    max_ucs2_messages: int | None = Field(default=None, ge=0)


class ContentScreen(Strict):
    """Words and links that hold a campaign (INTAKE, CONTENT_SCREEN)."""

    words: list[Phrase] = Field(default_factory=list)
    links: list[Domain] = Field(default_factory=list)


class FrequencyCap(Strict):
    """At most so many messages of the account to a subscriber in so many days (INTAKE, FREQUENCY_CAP)."""

    messages: int = Field(ge=1)
    days: int = Field(ge=1, le=366)
    klass: Literal["informational", "promotional"] | None = Field(default=None, alias="class")


class Defaults(Strict):
    """What a manifest may leave out (INTAKE), and what only the account can say."""

    sender: Sender | None = None
    template: str | None = None
    validity: Validity | None = None
    daily_window: Window | None = None
    spread: Spread | None = None
    rate: int | None = Field(default=None, ge=1, le=2_000_000_000)
    klass: Literal["informational", "promotional"] | None = Field(default=None, alias="class")
    encoding: Encoding | None = None
    delimiter: Literal[",", ";", "\t", "|", "comma", "semicolon", "tab", "pipe"] | None = None
    header: bool | None = None
    columns: list[Text] | None = None
    max_segments: int | None = Field(default=None, ge=1, le=255)
    on_insufficient_balance: Literal["hold", "partial"] | None = None
    base_mismatch_percent: Percent | None = None
    quiet_hours: Window | None = None
    max_segments_per_day: int | None = Field(default=None, ge=0)
    new_account_days: int | None = Field(default=None, ge=0)
    new_account_segments_per_day: int | None = Field(default=None, ge=0)
    content_screen: ContentScreen | None = None
    frequency_cap: FrequencyCap | None = None
    manifest_required: bool | None = None
    approval_required: bool | None = None
    gate: Gate | None = None


def _checked(rates: list[RateRow]) -> list[RateRow]:
    found = cards.faults(rates)
    if found:
        raise PydanticCustomError("faults", "the rates contradict each other", {"faults": found})
    return rates


class Account(Terms):
    """A customer: its terms, senders, prices and landing zone. Lists that are left out stay as they are."""

    name: str = Field(pattern="^[a-z0-9][a-z0-9_-]*$", max_length=63)
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
    fx_rates: Annotated[list[FxRate], AfterValidator(_each_once)] | None = None
    staff: list[Staff] | None = None
    accounts: list[Account] = Field(default_factory=list)
