"""A person opts subscribers out, or in again, by hand (INTAKE, Opt-outs)."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import psycopg

from ingest import accounts
from outbound import database
from outbound.errors import OutboundError
from outbound.masking import mask
from recipients import number, opt_outs
from recipients.opt_outs import Scope

_NO_REGION = "ZZ"
_Change = Callable[[psycopg.Connection, Scope, int, str], bool]


class NotASubscriber(OutboundError):
    """What was given is no mobile number: which of those given, why, and how to write it."""


class Outcome(NamedTuple):
    """msisdn: masked. changed: whether that was not so already. opted_out: for which opt-outs nothing is sent now."""

    msisdn: str
    changed: bool
    opted_out: str


def opt_out(written: Sequence[str], account: str | None, reason: str, *, dry_run: bool = False) -> list[Outcome]:
    """Opts numbers out of an account's messages, or (None) of everybody's; all of them or none. Raises NotASubscriber."""
    return _change(opt_outs.add, written, account, reason, dry_run)


def opt_in(written: Sequence[str], account: str | None, reason: str, *, dry_run: bool = False) -> list[Outcome]:
    """Takes opt-outs of that very scope back; one of the other scope stays in force. Raises NotASubscriber."""
    return _change(opt_outs.remove, written, account, reason, dry_run)


def _change(change: _Change, written: Sequence[str], account: str | None, reason: str, dry_run: bool) -> list[Outcome]:
    with database.connect("operator") as connection:
        found = accounts.named(connection, account) if account is not None else None
        scope = Scope(found.account_id, found.hash_key) if found else Scope()
        region = found.default_region if found else _NO_REGION
        outcomes = []
        for msisdn in _msisdns(written, region):
            changed = change(connection, scope, msisdn, reason)
            left = opt_outs.in_force(connection, scope, msisdn)
            outcomes.append(Outcome(mask(msisdn), changed, ", ".join(left) or "no"))
        if dry_run:
            connection.rollback()
    return outcomes


def _msisdns(written: Sequence[str], region: str) -> list[int]:
    found = []
    for place, one in enumerate(written, start=1):
        verdict = number.judge_member(one, region)
        if verdict.reason is not None or verdict.msisdn is None:
            raise NotASubscriber(
                f"number {place} of those given is {verdict.reason}; write it like 201001234567, with its country code"
            )
        found.append(verdict.msisdn)
    return found
