"""Writes what happened into the operational tables, closes months, issues invoices, builds, and reads the marts."""

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from billing import closing
from billing.build import build
from outbound import clock, database
from tests.exhaustive_money.account import CREATED, Account, Attempt, Fact, Issued, Payment, Usage
from tests.unit.billing.prepaid_model import Event

COLUMNS = {
    "account.past_usage": "account_id business_key at units zone",
    "account.purchase": "account_id business_key at units rate zones is_history",
    "account.adjustment": "account_id business_key kind at units usage_key net",
    "account.payment": "account_id business_key at amount",
    "dispatch.submission": "account_id campaign_id ordinal segment attempt state command_status sent_at answered_at zone"
    " epoch_id intent_serial connector_id session sequence reference network_id",
    "dispatch.settlement": "account_id campaign_id ordinal segment attempt state proof",
}
MARTS = {
    "lots": "select * from finance.prepaid_lots",
    "rollovers": "select * from finance.rollovers",
    "ledger": "select account, month, left(ledger_account, 4) as code, sum(debit - credit) as amount"
    " from finance.ledger_entries group by 1, 2, 3",
    "deferred": "select * from finance.deferred_revenue",
    "lines": "select * from finance.invoice_lines",
    "errors": "select account, month, error, subject, units from finance.rating_errors",
    "charges": "select account, ordinal, segment, attempt, charged_at from finance.charges",
    "days": "select account, day from finance.reconciliation where not agrees",
    "shortfalls": "select account.name as account, sum(units) as units"
    " from intermediate.int_prepaid_movements join account.account using (account_id)"
    " where kind in ('shortfall', 'served', 'shortfall_reversal') group by 1",
    "waiting": "select * from finance.shortfalls",
    "units": "select account.name as account, kind, sum(units)::bigint as units"
    " from intermediate.int_prepaid_movements join account.account using (account_id) group by 1, 2",
    "credits": "select account.name as account, lot as purchase, sum(against) as net, sum(vat) as vat"
    " from intermediate.int_prepaid_movements join account.account using (account_id)"
    " where kind = 'credit' group by 1, 2",
}

CAMPAIGNS = """
with file as (
    insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at, state, outcome,
        ack, answered_at)
    select account_id, 'campaign', name, 1, 1, sha256(convert_to(name, 'UTF8')), '-', 'marker', created_at, 'answered',
        'accepted', '{"rows": 9}', created_at
    from account.account
    returning file_id, account_id, stable_at
)

insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender, rows, messages, segments, received_at,
    accepted_at, completed_at)
select -file_id, account_id, file_id, 'completed', 'news', 'Example', 9, 9, 27, stable_at, stable_at, stable_at
from file
"""


class Platform:
    """A migrated database with the accounts in it, each with its terms, cards and one campaign."""

    def __init__(self, connection: psycopg.Connection, accounts: list[Account]) -> None:
        self.connection = connection
        self.accounts = accounts
        self._set_up()

    def load(self, facts: list[tuple[Account, Fact]], rng: random.Random) -> None:
        """In any order, in a few transactions."""
        rng.shuffle(facts)
        size = max(1, len(facts) // rng.randrange(1, 4))
        for first in range(0, len(facts), size):
            rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
            for account, fact in facts[first : first + size]:
                self._rows(account, fact, rows)
            with database.connect() as owner, owner.cursor() as cursor:
                for table, found in rows.items():
                    database.copy_in(cursor, table, COLUMNS[table].split(), found)

    def build(self, as_of: datetime) -> dict[str, dict[str, list[Any]]]:
        """The marts of a build for an instant, by mart and account."""
        build(as_of, patience=60)
        figures: dict[str, dict[str, list[Any]]] = {}
        with self.connection.cursor(row_factory=namedtuple_row) as cursor:
            for mart, query in MARTS.items():
                figures[mart] = defaultdict(list)
                for row in cursor.execute(query):
                    figures[mart][row.account].append(row)
        return figures

    def close(self, account: Account, months: int) -> None:
        """The next months, with the figures of the build before, as `outbound close-month` does."""
        month = account.closed[-1] if account.closed else date(2025, 12, 1)
        for _ in range(months):
            month = (month + timedelta(days=31)).replace(day=1)
            values = {"account": account.account_id, "month": month, "actor": "test"}
            self.connection.execute(closing.Q.freeze, values)
            after = (month + timedelta(days=31)).replace(day=1)
            account.closes(month, clock.day_start(after, account.timezone))

    def issue(self, account: Account, month: date, as_of: datetime) -> None:
        """The invoice of a closed month, whose lines are from now on what the second implementation says now."""
        query = "select label, issued_at from billing.issue_invoice(%s, %s, null, 'test')"
        row = self.connection.execute(query, [account.account_id, month]).fetchone()
        if row and row[0]:
            name = f"{month:%Y-%m}"
            lines, _ = account.contract().invoice(name, account.used(as_of)[name])
            account.issued[name] = Issued(label=row[0], at=row[1], lines=lines)

    def live_units(self, account: Account, at: datetime) -> int:
        """What reservations go by."""
        found = self.connection.execute("select billing.available_units(%s, %s)", [account.account_id, at]).fetchone()
        assert found
        return found[0]

    def changes_valuation(self, account: Account) -> None:
        """After a close that changes nothing any more."""
        self.connection.execute(
            "update account.term set valuation = case valuation when 'rerate' then 'blended' else 'rerate' end"
            " where account_id = %s",
            [account.account_id],
        )

    def _set_up(self) -> None:
        entity = self.connection.execute(
            "insert into account.legal_entity (name, country, timezone) values ('Example Telecom', 'EG', 'Africa/Cairo')"
            " returning legal_entity_id"
        ).fetchone()
        assert entity
        for account in self.accounts:
            row = self.connection.execute(
                "insert into account.account (legal_entity_id, name, default_region, landing, timezone, created_at)"
                " values (%s, %s, 'EG', '/nowhere', %s, %s) returning account_id",
                [entity[0], account.name, account.timezone, CREATED],
            ).fetchone()
            assert row
            account.account_id = row[0]
        with database.connect() as owner, owner.cursor() as cursor:
            for table, columns, rows in self._set_up_rows():
                database.copy_in(cursor, table, columns.split(), rows)
            cursor.execute(CAMPAIGNS)
            for one in self.accounts:
                values = [one.campaign_id, one.account_id]
                cursor.execute("update intake.campaign set campaign_id = %s where account_id = %s", values)
            for day in sorted(self._sent_days()):
                cursor.execute("select dispatch.ensure_days(%s, %s)", [day, day])

    def _set_up_rows(self) -> Iterable[tuple[str, str, list[tuple[Any, ...]]]]:
        terms = [
            (
                account.account_id, term.since, account.scheme, account.currency, term.vat_rate, account.valuation,
                term.tolerance, term.mode, term.scope, term.minimum,
            )
            for account in self.accounts
            for term in account.terms
        ]  # fmt: skip
        columns = "account_id effective_from scheme currency vat_rate valuation recharge_tolerance tier_mode tier_scope"
        yield "account.term", f"{columns} minimum_monthly", terms
        cards = [
            (account.account_id, tier.zone, tier.card_from, tier.card_to, tier.from_unit, tier.rate)
            for account in self.accounts
            for tier in account.tiers
        ]
        yield "account.rate_row", "account_id zone effective_from effective_to from_unit rate", cards

    def _sent_days(self) -> set[date]:
        coming = [fact for account in self.accounts for facts in account.coming.values() for fact in facts]
        return {fact.at.astimezone(clock.now().tzinfo).date() for fact in coming if isinstance(fact, Attempt)}

    def _rows(self, account: Account, fact: Fact, rows: dict[str, list[tuple[Any, ...]]]) -> None:
        key = account.account_id, getattr(fact, "key", "")
        if isinstance(fact, Usage):
            rows["account.past_usage"].append((*key, fact.at, fact.units, fact.zone))
        elif isinstance(fact, Payment):
            rows["account.payment"].append((*key, fact.at, fact.amount))
        elif isinstance(fact, Attempt):
            status = {"accepted": 0, "rejected": 69, "in_doubt": None}[fact.state]
            answered = fact.at + timedelta(seconds=1) if status is not None else None
            attempt = account.account_id, account.campaign_id, fact.ordinal, fact.segment, fact.attempt
            rows["dispatch.submission"].append(
                (*attempt, fact.state, status, fact.at, answered, fact.zone, 1, 1, 1, 1, 1, 1, 1)
            )
            if fact.proven:
                rows["dispatch.settlement"].append((*attempt, "accepted", "receipt"))
        else:
            self._event_rows(account, fact, rows)

    def _event_rows(self, account: Account, event: Event, rows: dict[str, list[tuple[Any, ...]]]) -> None:
        key = account.account_id, event.key
        if event.kind == "purchase":
            rows["account.purchase"].append((*key, event.at, event.units, event.rate, ["EG"], True))
        elif event.kind == "reversal":
            rows["account.adjustment"].append((*key, "reversal", event.at, None, event.usage_key, None))
        elif event.kind in ("grant", "refund"):
            rows["account.adjustment"].append((*key, event.kind, event.at, event.units, None, event.net))
        else:
            self._open(account, event)

    def _open(self, account: Account, lot: Event) -> None:
        """A lot that the account brought along; its opening is written with the first of them."""
        self.connection.execute(
            "insert into account.opening (account_id, business_key, at) values (%s, 'start', %s) on conflict do nothing",
            [account.account_id, lot.at],
        )
        self.connection.execute(
            "insert into account.opening_lot (account_id, opening_id, n, opened_at, last_valid_day, units, rate,"
            " carrying_value) select account_id, opening_id, %s, %s, %s, %s, %s, %s from account.opening"
            " where account_id = %s",
            [
                int(lot.key.split(":")[1]), lot.opened_at, lot.last_valid_day, lot.units, lot.rate, lot.value,
                account.account_id,
            ],
        )  # fmt: skip
