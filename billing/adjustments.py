"""Grants, refunds and reversals that a person authorises (CHARGING 21-23)."""

from datetime import datetime
from typing import Any

import psycopg

from billing import accounts, approvals, balances, telling
from billing.accounts import Account
from billing.issuing import credit_one, refusals
from billing.recording import NotRecorded, instant, must_say_why, new_key
from outbound import audit, database, queries

Q = queries.load("billing/orders")


def grant(account: str, units: int, reason: str, *, key: str | None = None, dry_run: bool = False) -> dict[str, Any]:
    """Gives goodwill units: a lot at rate zero with twelve months of its own. Raises NotRecorded, AwaitsApproval."""
    return _adjust("grant", account, units, None, reason, key, dry_run)


def refund(account: str, units: int, reason: str, *, key: str | None = None, dry_run: bool = False) -> dict[str, Any]:
    """Takes paid units back and credits the purchases' invoices, newest first. Raises NotRecorded, AwaitsApproval."""
    return _adjust("refund", account, units, None, reason, key, dry_run)


def reverse(account: str, usage: str, reason: str, *, key: str | None = None, dry_run: bool = False) -> dict[str, Any]:
    """Gives one usage back to the lot it came from, or that succeeded it. Raises NotRecorded, AwaitsApproval."""
    return _adjust("reversal", account, None, usage, reason, key, dry_run)


def _adjust(
    kind: str, account: str, units: int | None, usage: str | None, reason: str, key: str | None, dry_run: bool
) -> dict[str, Any]:
    must_say_why(reason)
    if units is not None and units <= 0:
        raise NotRecorded(f"a {kind} is of at least one unit, not {units}")
    with (
        database.connect("billing") as connection,
        connection.transaction(force_rollback=dry_run),
        refusals(),
    ):
        owner = accounts.take_turn(connection, account)
        owner.must_be("prepaid", "its invoices are corrected with outbound credit")
        if usage is not None:
            _must_be_used(connection, owner, usage)
        at = instant(connection)
        before = balances.balance(connection, owner.account_id, at).lots
        if kind == "refund" and units is not None:
            _must_be_free(connection, owner, units, at, before)
        name = new_key(connection, owner, {"grant": "G", "refund": "RF", "reversal": "RV"}[kind], key)
        values = {
            "account": owner.account_id, "key": name, "kind": kind, "at": at, "units": units, "usage": usage,
            "reason": reason, "actor": audit.actor(),
        }  # fmt: skip
        (adjustment,) = connection.execute(Q.adjust, values).fetchone() or (None,)
        after, done = balances.balance(connection, owner.account_id, at)
        owner.must_outlive(lot.last_valid_day for lot in after)
        result: dict[str, Any] = {
            "account": account,
            kind: name,
            "at": owner.on_its_clock(at),
            "currency": owner.currency,
        }
        result["units"] = units if units is not None else sum(abs(one.units) for one in done)
        result["says"] = _told(kind, telling.Speaker(owner.currency), units or 0, before, after, done)
        result["posts"] = [{"on": place, "amount": amount} for place, amount in balances.posted(done).items()]
        if kind == "refund":
            result["credit_notes"], without = _credit_notes(connection, owner, done, reason, adjustment)
            result["says"] += without
        result["lots"] = balances.shown(after)
        audit.record(connection, kind, owner.account_id, name, result | {"reason": reason, "usage": usage})
        if not dry_run:
            posts = ", ".join(f"{row['on']} {row['amount']}" for row in result["posts"])
            subject = f"{account} {usage or units} {reason}" + (f" ({posts})" if posts else "")
            approvals.ask(connection, owner.legal_entity_id, owner.approvals, kind, subject)
    return result


def _told(
    kind: str, speaker: telling.Speaker, units: int, before: list[balances.Lot], after: list[balances.Lot],
    done: list[balances.Movement],
) -> list[str]:  # fmt: skip
    if kind == "grant":
        return telling.grant(speaker, units, after, done)
    if kind == "refund":
        return telling.refund(speaker, before, done)
    return telling.reversal(speaker, done, after)


def _must_be_free(
    connection: psycopg.Connection, owner: Account, units: int, at: datetime, lots: list[balances.Lot]
) -> None:
    """A refund takes paid units that no campaign has been promised."""
    paid = sum(lot.remaining for lot in lots if lot.paid)
    if units > paid:
        raise NotRecorded(f"account {owner.name} has {paid} paid units left: a refund of {units} is refused")
    row = connection.execute(Q.available, {"account": owner.account_id, "at": at}).fetchone()
    free = row[0] if row else 0
    if units > free:
        raise NotRecorded(
            f"account {owner.name} has {free} units that no campaign is promised: a refund of {units} is refused."
            " Cancel a campaign, or wait until it has been sent"
        )


def _must_be_used(connection: psycopg.Connection, owner: Account, usage: str) -> None:
    row = connection.execute(Q.usage, {"account": owner.account_id, "usage": usage}).fetchone()
    units, given_back = row or (None, None)
    if units is None:
        raise NotRecorded(
            f"account {owner.name} has no usage {usage!r}: it is campaign:ordinal:segment of an accepted segment, or"
            " the id of a loaded usage"
        )
    if given_back is not None:
        raise NotRecorded(f"usage {usage} is given back already, by {given_back}: a usage is reversed once")


def _credit_notes(
    connection: psycopg.Connection, owner: Account, done: list[balances.Movement], reason: str, refund: int | None
) -> tuple[list[dict[str, Any]], list[str]]:
    """One for each purchase's invoice that the refund credits; and what is said of purchases of the loaded past, which have
    none of ours."""
    notes, without = [], []
    for one in done:
        if one.kind == "credit" and one.lot is not None:
            row = connection.execute(Q.purchase_invoice, {"account": owner.account_id, "key": one.lot}).fetchone()
            invoice, is_ours, month = row or (None, False, None)
            if invoice is not None:
                notes.append(credit_one(connection, owner.account_id, invoice, 1, one.against, reason, refund))
            elif is_ours:
                raise NotRecorded(
                    f"the invoice of purchase {one.lot} is void, so there is none to credit: issue it again first, with"
                    f" outbound build and outbound issue {month} --account {owner.name}"
                )
            else:
                without.append(
                    f"purchase {one.lot} has no invoice of ours: no credit note; the former system's seller has to correct"
                    " its own"
                )
    return notes, without
