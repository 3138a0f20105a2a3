"""Which rows a set-up asks for, kind by kind."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from outbound.setup.carrier import Connector, Route
from outbound.setup.difference import Kind, Row
from outbound.setup.model import Account, Network, Setup, Staff, User
from outbound.setup.prices import BuyRate, FxRate
from outbound.setup.reading import base_terms, changed_terms, landing_of
from outbound.setup.terms import Terms
from outbound.setup.values import sender_kind

EVER = date(1900, 1, 1)  # from when terms and targets hold that name no day

ENTITY = Kind(
    "legal entity",
    "account.legal_entity",
    ("name",),
    ("country", "timezone", "tax_id", "approvals", "documents", "chart_of_accounts"),
    json=frozenset({"documents", "chart_of_accounts"}),
    absent="kept",
)
# a prefix that goes to another operator is another network: messages accepted before keep the one that they have
NETWORK = Kind(
    "network",
    "network.network",
    ("prefix", "operator", "country"),
    ("zone", "covered", "requires_sender_approval", "receipts"),
    absent="retired",
    only="retired_at is null",
)
QUIET_HOURS = Kind("quiet hours", "network.quiet_hours", ("country",), ("hours",))
SCREENED = Kind("screened", "intake.content_screen", ("kind", "entry"), ())
CONNECTOR = Kind(
    "connector",
    "dispatch.connector",
    ("name",),
    (
        "host", "port", "system_id", "password", "bind", "sessions", "window", "rate", "routes", "receipts_complete",
        "in_doubt_after", "in_doubt_policy", "echoes_reference", "message_id_form", "ledger_window", "tls",
        "answers", "wire", "settings", "enabled",
    ),
    secret=frozenset({"password"}),
    json=frozenset({"password", "routes", "answers", "wire", "tls", "settings"}),
    absent="disabled",
)  # fmt: skip
BUY_RATE = Kind(
    "buy rate",
    "network.buy_rate",
    ("network", "effective_from"),
    ("effective_to", "per", "currency", "rate"),
    owner="connector_id",
)
FX_RATE = Kind("exchange rate", "network.fx_rate", ("currency", "into_currency", "effective_from"), ("rate",))
# whom somebody looks after in the portal is none of the file's business
STAFF = Kind("staff", "account.person", ("email",), ("name", "role"), only="account_id is null and managed_by is null")
ACCOUNT = Kind(
    "account",
    "account.account",
    ("name",),
    ("legal_entity_id", "timezone", "language", "default_region", "landing", "defaults", "notices", "documents"),
    json=frozenset({"defaults", "notices", "documents"}),
    absent="kept",
)
TERM = Kind("term", "account.term", ("effective_from",), tuple(Terms.model_fields), owner="account_id")
SENDER = Kind(
    "sender",
    "account.sender",
    ("address", "approved_from"),
    ("kind", "approved_to", "operators", "class", "document"),
    owner="account_id",
)
RATE = Kind(
    "rate", "account.rate_row", ("zone", "effective_from", "from_unit"), ("effective_to", "rate"), owner="account_id"
)
TARGET = Kind("SLA target", "account.sla_term", ("metric", "effective_from"), ("target",), owner="account_id")
CONTRACTED = Kind("contracted rate", "account.contracted_rate", ("effective_from",), ("rate",), owner="account_id")
USER = Kind("user", "account.person", ("email",), ("name", "role"), owner="account_id", only="managed_by is null")

Rows = dict[tuple[Any, ...], Row]


def shared(setup: Setup, beside: Path) -> list[tuple[Kind, Rows]]:
    """What belongs to no account. Lists that the file leaves out stay as they are; files lie beside the set-up's."""
    found: list[tuple[Kind, Rows]] = []
    if setup.networks is not None:
        found.append((NETWORK, networks(setup.networks)))
    if setup.quiet_hours is not None:
        found.append((QUIET_HOURS, {(country,): {"hours": hours} for country, hours in setup.quiet_hours.items()}))
    if setup.content_screen is not None:
        listed = [("word", entry) for entry in setup.content_screen.words]
        listed += [("link", entry) for entry in setup.content_screen.links]
        found.append((SCREENED, {key: {} for key in listed}))
    if setup.connectors is not None:
        found.append((CONNECTOR, {(one.name,): connector_row(one, beside) for one in setup.connectors}))
    if setup.fx_rates is not None:
        found.append((FX_RATE, fx_rates(setup.fx_rates)))
    if setup.staff is not None:
        found.append((STAFF, _people(setup.staff)))
    return found


def networks(wanted: Iterable[Network], kind: Kind = NETWORK) -> Rows:
    rest = set(kind.columns)
    return {(one.prefix, one.operator, one.country): one.model_dump(include=rest) for one in wanted}


def buy_rates(wanted: Iterable[BuyRate]) -> Rows:
    """Those of one connector."""
    return {
        (one.network, one.since): {
            "effective_to": one.until, "per": one.per, "currency": one.currency, "rate": one.rate,
        }
        for one in wanted
    }  # fmt: skip


def fx_rates(wanted: Iterable[FxRate]) -> Rows:
    return {(one.currency, one.into, one.since): {"rate": one.rate} for one in wanted}


def of_account(account: Account) -> list[tuple[Kind, Rows]]:
    """The rows that an account owns, but for its terms."""
    found: list[tuple[Kind, Rows]] = []
    if account.senders is not None:
        found.append((SENDER, {
            (one.address, one.approved): {
                "kind": sender_kind(one.address), "approved_to": one.until, "operators": one.operators,
                "class": one.klass, "document": one.document,
            }
            for one in account.senders
        }))  # fmt: skip
    if account.rates is not None:
        found.append((RATE, {
            (one.zone, one.since, one.from_unit): {"effective_to": one.until, "rate": one.rate} for one in account.rates
        }))  # fmt: skip
    if account.sla is not None:
        found.append((TARGET, {(one.metric, one.since or EVER): {"target": one.target} for one in account.sla}))
    if account.contracted_rates is not None:
        found.append((CONTRACTED, {(one.since or EVER,): {"rate": one.rate} for one in account.contracted_rates}))
    if account.users is not None:
        found.append((USER, _people(account.users)))
    return found


def without(rows: Rows, kept: Iterable[str]) -> Rows:
    """The same without the people of these e-mail addresses."""
    others = {email.lower() for email in kept}
    return {key: row for key, row in rows.items() if key[0].lower() not in others}


def entity(setup: Setup) -> Rows:
    one = setup.legal_entity
    row = one.model_dump(exclude={"name", "documents"})
    return {(one.name,): row | {"documents": one.documents.model_dump(mode="json", exclude_defaults=True)}}


def account_row(account: Account, setup: Setup, entity_id: int | None) -> Rows:
    defaults: Row = account.defaults.model_dump(mode="json", by_alias=True, exclude_none=True)
    if account.zones is not None:
        defaults["zones"] = account.zones
    return {
        (account.name,): {
            "legal_entity_id": entity_id,
            "timezone": account.timezone or setup.legal_entity.timezone,
            "default_region": account.default_region or setup.legal_entity.country,
            "landing": landing_of(account),
            "defaults": defaults,
            "language": account.language,
            "notices": account.notices.model_dump(mode="json", exclude_defaults=True),
            "documents": account.documents.model_dump(mode="json", exclude_defaults=True),
        }
    }


def terms(account: Account) -> Rows:
    """The first terms hold since ever; each change holds from its day, over what held before."""
    current = base_terms(account)
    found: Rows = {(EVER,): current}
    for change in sorted(account.terms, key=lambda one: one.since):
        current = changed_terms(current, change)
        found[change.since,] = current
    return found


def _people(people: list[User] | list[Staff]) -> Rows:
    return {(one.email,): {"name": one.name, "role": one.role} for one in people}


def _route(one: Route) -> str | Row:
    """A prefix as it is where nothing else is said, so that a plain set-up stays plain in the database."""
    said: Row = one.model_dump(mode="json", exclude_defaults=True)
    return one.prefix if one.prefix is not None and len(said) == 1 else said


def connector_row(one: Connector, beside: Path) -> Row:
    """Paths of the file lie beside it."""
    row = one.model_dump(
        exclude={"name", "routes", "password", "password_file", "password_env", "tls", "options", "buy_rates"}
    )
    row["routes"] = [_route(route) for route in one.routes]
    if one.password_file is not None:
        row["password"] = {"file": str(beside / one.password_file)}
    elif one.password_env is not None:
        row["password"] = {"env": one.password_env}
    else:
        row["password"] = {"value": one.password}
    ca_file = one.tls.ca_file if one.tls else None
    row["tls"] = {"ca_file": str(beside / ca_file)} if ca_file else one.tls is not None
    row["wire"] = one.wire.model_dump(exclude_defaults=True)
    row["settings"] = one.options.model_dump(exclude_none=True)
    return row
