"""Money that goes back and money that is given up: reversed payments, payouts, write-offs; one way for all three (CHARGING 25)."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg

from billing import accounts, approvals, payments, telling
from billing.accounts import Account
from billing.issuing import refusals
from billing.recording import NotRecorded, instant, must_say_why, new_key, open_instant
from outbound import audit, database, queries

Q = queries.load("billing/receivables")
ORDERS = queries.load("billing/orders")
WAITING = queries.load("billing/waiting_orders")


class _Change(NamedTuple):
    """words: what it is of, for those who agree to it. amount is the bank's part, or what is given up."""

    kind: str
    prefix: str
    words: str
    amount: Decimal
    withheld: Decimal = Decimal(0)
    payment: int | None = None
    invoice: int | None = None

    def posts(self) -> dict[str, Decimal]:
        """Debits, and credits as negative amounts; they sum to nothing."""
        if self.kind == "write_off":
            return {"bad_debts": self.amount, "receivable": -self.amount}
        whole = self.amount + self.withheld
        return {"receivable": whole, "bank": -self.amount, "withholding_tax": -self.withheld}


_Judge = Callable[[psycopg.Connection, Account, datetime], _Change]


def reverse_payment(
    account: str, payment: str, reason: str, *, at: datetime | None = None, reference: str | None = None,
    key: str | None = None, dry_run: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Takes a payment back that the bank took back: all of it, once. What it settled is open again.

    Units that it activated stay, and are owed for. Raises NotRecorded, AwaitsApproval.
    """

    def judge(connection: psycopg.Connection, payer: Account, when: datetime) -> _Change:
        row = connection.execute(Q.payment, {"account": payer.account_id, "key": payment}).fetchone()
        if row is None:
            raise NotRecorded(
                f"account {payer.name} has no payment {payment}: outbound statement-of-account lists them"
            )
        payment_id, paid_at, amount, withheld, reversed_by = row
        if reversed_by is not None:
            raise NotRecorded(f"payment {payment} is reversed already, by {reversed_by}: a payment is reversed once")
        if when < paid_at:
            raise NotRecorded(f"payment {payment} came in at {payer.on_its_clock(paid_at)}: give a later --at")
        return _Change("payment_reversal", "PR", f"payment {payment}", amount, withheld, payment=payment_id)

    return _record(account, judge, reason, at, reference, key, dry_run)


def payout(
    account: str, amount: Decimal, reason: str, *, at: datetime | None = None, reference: str | None = None,
    key: str | None = None, dry_run: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Pays money on account back to the customer: at most what is free beyond all that is owed and what waits for orders.

    Raises NotRecorded, AwaitsApproval.
    """

    def judge(connection: psycopg.Connection, payee: Account, _when: datetime) -> _Change:
        _must_be_money(payee, amount)
        row = connection.execute(
            WAITING.free_money, {"account": payee.account_id, "at": instant(connection)}
        ).fetchone()
        free = max(row[0] if row else Decimal(0), Decimal(0))
        if amount > free:
            speaker = telling.Speaker(payee.currency)
            raise NotRecorded(
                f"account {payee.name} has {speaker.sum(free)} on account beyond what it owes and what waits for its"
                f" orders: a payout of {speaker.sum(amount)} is refused"
            )
        return _Change("payout", "PO", "from its account", amount)

    return _record(account, judge, reason, at, reference, key, dry_run)


def write_off(
    account: str, reason: str, *, amount: Decimal | None = None, invoice: str | None = None, at: datetime | None = None,
    key: str | None = None, dry_run: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Gives a receivable up: of an invoice, or the oldest first. amount: None is all of it.

    Money that comes in later for what was given up stays on account. Raises NotRecorded, AwaitsApproval.
    """

    def judge(connection: psycopg.Connection, debtor: Account, _when: datetime) -> _Change:
        most, of = _owed(connection, debtor), None
        if invoice is not None:
            of, order = payments.named(connection, debtor, invoice)
            if order is not None:
                raise NotRecorded(
                    f"{invoice} is an order, for which nothing is owed yet: outbound order cancel {invoice}"
                )
            (left,) = connection.execute(Q.left_of_invoice, {"invoice": of}).fetchone() or (Decimal(0),)
            most = min(most, left)
        given_up = most if amount is None else amount
        if given_up > most or most <= 0:
            what = invoice or "all its documents"
            raise NotRecorded(
                f"account {debtor.name} owes {telling.Speaker(debtor.currency).sum(max(most, Decimal(0)))} for {what}:"
                " no more can be written off"
            )
        _must_be_money(debtor, given_up)
        return _Change("write_off", "WO", invoice or "what is oldest", given_up, invoice=of)

    return _record(account, judge, reason, at, None, key, dry_run)


def _record(
    account: str, judge: _Judge, reason: str, at: datetime | None, reference: str | None, key: str | None, dry_run: bool
) -> dict[str, Any]:
    must_say_why(reason)
    with (
        database.connect("billing") as connection,
        connection.transaction(force_rollback=dry_run),
        refusals(),
    ):
        owner = accounts.take_turn(connection, account)
        when = open_instant(connection, owner, at)
        change = judge(connection, owner, when)
        name = new_key(connection, owner, change.prefix, key)
        values = {
            "account": owner.account_id, "key": name, "kind": change.kind, "at": when, "amount": change.amount,
            "withheld": change.withheld, "payment": change.payment, "invoice": change.invoice, "reference": reference,
            "reason": reason, "actor": audit.actor(),
        }  # fmt: skip
        connection.execute(Q.record, values)
        told = telling.receivable_change(
            telling.Speaker(owner.currency), change.kind, owner.name, change.words, change.amount + change.withheld,
            _owed(connection, owner),
        )  # fmt: skip
        result = {
            "account": owner.name, change.kind: name, "at": owner.on_its_clock(when), "of": change.words,
            "amount": change.amount + change.withheld, "currency": owner.currency, "reason": reason, "says": told,
            "posts": [{"on": place, "amount": amount} for place, amount in change.posts().items() if amount],
        }  # fmt: skip
        audit.record(connection, change.kind.replace("_", " "), owner.account_id, name, result)
        if not dry_run:
            money = telling.Speaker(owner.currency).sum(change.amount + change.withheld)
            subject = f"{owner.name} {change.words} {money}: {reason}"
            approvals.ask(connection, owner.legal_entity_id, owner.approvals, change.kind.replace("_", "-"), subject)
    return result


def _owed(connection: psycopg.Connection, owner: Account) -> Decimal:
    row = connection.execute(ORDERS.owed, {"account": owner.account_id, "at": instant(connection)}).fetchone()
    return row[0] if row else Decimal(0)


def _must_be_money(owner: Account, amount: Decimal) -> None:
    if amount <= 0 or amount != round(amount, owner.digits):
        raise NotRecorded(f"an amount is positive, with at most {owner.digits} digits after the point, not {amount}")
