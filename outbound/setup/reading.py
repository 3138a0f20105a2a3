"""From a document to a valid set-up, or to all of its mistakes at once, each with its place and what to do."""

import difflib
import typing
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from outbound.errors import OutboundError
from outbound.landing.address import Address, WrongLanding, parse
from outbound.setup import costs
from outbound.setup.document import Document, Place, Problem, written
from outbound.setup.model import Account, Setup
from outbound.setup.terms import Change, Terms

LIMITS = ("credit_limit", "monthly_cap")  # that a change can take away again


class WrongSetup(OutboundError):
    """A set-up file has mistakes, and nothing was changed: each with its place and what to do."""


def understand(document: Document) -> Setup:
    """The set-up that a document says. Raises WrongSetup with all of its mistakes."""
    problems = [*document.problems, *_duplicates(document.data)]
    unreadable = {problem.place for problem in document.problems}
    setup = None
    if not isinstance(document.data, dict):
        problems.append(Problem((), "holds no set-up: begin with a copy of what `outbound apply --example` prints"))
    else:
        try:
            setup = Setup.model_validate(document.data)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                problems += (one for one in explained(detail) if one.place not in unreadable)
    if setup is not None:
        problems += _contradictions(setup)
    if setup is None or problems:
        raise refusal(document, problems)
    return setup


def refusal(document: Document, problems: list[Problem]) -> WrongSetup:
    said = sorted({(document.line(place), written(place), message) for place, message in problems})
    count = "1 mistake" if len(said) == 1 else f"{len(said)} mistakes"
    lines = [f"  line {line}, {place}: {message}" for line, place, message in said]
    return WrongSetup("\n".join([f"{document.name} has {count}; nothing was changed", *lines]))


def explained(detail: ErrorDetails) -> Iterator[Problem]:
    """The mistake in words that say what to do."""
    place: Place = tuple(step for step in detail["loc"] if step != "[key]")
    kind, given = detail["type"], detail.get("input")
    if kind == "faults":
        for n, fault in detail["ctx"]["faults"]:
            yield Problem((*place, n), fault)
    elif kind == "missing":
        yield Problem(place, "is missing: add it")
    elif kind == "extra_forbidden":
        yield Problem(place, unknown_key(place))
    elif kind == "value_error":
        yield Problem(place, str(detail["ctx"]["error"]))
    elif kind == "string_type" and isinstance(given, bool):
        yield Problem(place, f"YAML takes this for {str(given).lower()}: write it in quotes")
    elif kind == "string_type":
        yield Problem(place, "has to be a text: write it in quotes")
    elif kind == "string_pattern_mismatch":
        yield Problem(place, _form(place, given))
    else:
        yield Problem(place, detail["msg"].removeprefix("Input ").removeprefix("Value error, "))


_FORMS: dict[str | int, str] = {
    "country": "two capital letters, like EG",
    "currency": "three capital letters, like EGP",
    "answers": "a status in hexadecimal, like 0x00000008",
    "quiet_hours": "two capital letters, like EG",
    "prefix": "digits without + and leading zeros, like 2010",
    "name": "small letters, digits, _ and -, like nile-foods",
    "email": "an e-mail address",
    "metric": "S1 to S14",
    "validity": "a length of time like 90m, 24h or 3d",
}


def _form(place: Place, given: object) -> str:
    wanted = next((_FORMS[step] for step in reversed(place) if step in _FORMS), "of another form")
    return f"{given!r} has to be {wanted}"


def unknown_key(place: Place, within: type[BaseModel] = Setup) -> str:
    """What to do about a key that there is not."""
    known = [field.alias or name for name, field in _model_at(place[:-1], within).model_fields.items()]
    close = difflib.get_close_matches(str(place[-1]), known, n=1)
    return "there is no such key: " + (f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}")


def _model_at(place: Place, model: type[BaseModel]) -> type[BaseModel]:
    """The part of the file that a place lies in."""
    for step in place:
        if isinstance(step, str):
            fields = {field.alias or name: field for name, field in model.model_fields.items()}
            model = _model_in(fields[step].annotation) or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    arguments = typing.get_args(annotation)
    if not arguments:
        return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
    return next(filter(None, map(_model_in, arguments)), None)


_UNIQUE = (
    ("networks", "prefix"), ("connectors", "name"), ("staff", "email"), ("accounts", "name"),
)  # fmt: skip
_UNIQUE_IN_ACCOUNT = (("users", "email"), ("terms", "from"))


def _duplicates(data: Any) -> Iterator[Problem]:
    """Two entries of a list with the same name: found in the raw data, so that other mistakes do not hide them."""
    if not isinstance(data, dict):
        return
    for key, name in _UNIQUE:
        yield from _twice(data.get(key), (key,), name)
    accounts = data.get("accounts")
    for n, account in enumerate(accounts if isinstance(accounts, list) else []):
        for key, name in _UNIQUE_IN_ACCOUNT if isinstance(account, dict) else ():
            yield from _twice(account.get(key), ("accounts", n, key), name)


def _twice(entries: Any, place: Place, name: str) -> Iterator[Problem]:
    found = entries if isinstance(entries, list) else []
    named = [str(one.get(name, "")) if isinstance(one, dict) else "" for one in found]
    seen = Counter(filter(None, named))
    for n, value in enumerate(named):
        if seen[value] > 1 and value in named[:n]:
            yield Problem((*place, n, name), f"{value!r} stands here twice: each {name} once")


def _contradictions(setup: Setup) -> Iterator[Problem]:
    """What no single part of the file can see."""
    yield from _shared_folders(setup)
    yield from _strange_operators(setup)
    yield from _strange_receivers(setup)
    for n, account in enumerate(setup.accounts):
        place: Place = ("accounts", n)
        addresses = {sender.address for sender in account.senders or []}
        default = account.defaults.sender
        if default and account.senders is not None and default not in addresses:
            known = ", ".join(sorted(addresses)) or "none"
            yield Problem((*place, "defaults", "sender"), f"{default!r} is not among the account's senders ({known})")
        for m, sender in enumerate(account.senders or []):
            if sender.until is not None and sender.until <= sender.approved:
                yield Problem(
                    (*place, "senders", m, "until"), "has to lie after approved; it is the first day without it"
                )
        keys = [(sender.address, sender.approved) for sender in account.senders or []]
        for m, key in enumerate(keys):
            if key in keys[:m]:
                yield Problem((*place, "senders", m), f"{key[0]!r} from {key[1]} stands here twice")
        yield from _wrong_changes(account, place)


def _wrong_changes(account: Account, place: Place) -> Iterator[Problem]:
    current: dict[str, Any] = base_terms(account)
    for n, change in sorted(enumerate(account.terms), key=lambda pair: pair[1].since):
        current = changed_terms(current, change)
        try:
            Terms.model_validate(current)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                yield from (Problem((*place, "terms", n, *at), said) for at, said in explained(detail))


def base_terms(account: Account) -> dict[str, Any]:
    return {name: getattr(account, name) for name in Terms.model_fields}


def changed_terms(current: dict[str, Any], change: Change) -> dict[str, Any]:
    """The terms after a change: what it says over what held before; only limits can be set to null."""
    said = change.model_dump(exclude_unset=True, exclude={"since"})
    return current | {name: value for name, value in said.items() if value is not None or name in LIMITS}


def landing_of(account: Account) -> str:
    return account.landing or f"zones/{account.name}"


def _strange_operators(setup: Setup) -> Iterator[Problem]:
    """A route of an operator that no network belongs to would serve nobody, and such an approval would let nothing through."""
    if setup.networks is None:
        return
    known = sorted({network.operator for network in setup.networks})
    named: list[tuple[Place, str | None]] = [
        (("connectors", n, "routes", m, "operator"), route.operator)
        for n, connector in enumerate(setup.connectors or [])
        for m, route in enumerate(connector.routes)
    ]
    named += [
        (("accounts", n, "senders", m, "operators", o), operator)
        for n, account in enumerate(setup.accounts)
        for m, sender in enumerate(account.senders or [])
        for o, operator in enumerate(sender.operators or [])
    ]
    for place, operator in named:
        if operator is not None and operator not in known:
            yield Problem(place, f"no network is of {operator!r}: there are {', '.join(known) or 'none'}")
    prefixes = [network.prefix for network in setup.networks]
    for n, connector in enumerate(setup.connectors or []):
        for m, rate in enumerate(connector.buy_rates or []):
            what = costs.strange(rate.network, known, prefixes)
            if what:
                yield Problem(("connectors", n, "buy_rates", m), what)


def _strange_receivers(setup: Setup) -> Iterator[Problem]:
    """Receipts that were kept for a connector that is not there, or sends nothing, would never find an attempt."""
    senders = sorted(one.name for one in setup.connectors or [] if one.bind != "receiver")
    for n, connector in enumerate(setup.connectors or []):
        served = connector.options.receives_for
        if served is not None and served not in senders:
            what = f"no connector that sends is called {served!r}: there are {', '.join(senders) or 'none'}"
            yield Problem(("connectors", n, "options", "receives_for"), what)


def _shared_folders(setup: Setup) -> Iterator[Problem]:
    """Two accounts in one folder, or in one below the other, would read each other's files."""
    seen: list[tuple[str, Address]] = []
    for n, account in enumerate(setup.accounts):
        try:
            own = parse(landing_of(account))
        except WrongLanding:
            continue
        for name, other in seen:
            if own.overlaps(other):
                yield Problem(
                    ("accounts", n, "landing"), f"lies within the landing zone of {name}: give it a folder of its own"
                )
        seen.append((account.name, own))
