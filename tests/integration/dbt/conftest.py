"""Books to write stories into: accounts with purchases, use and payments, built for an instant and read back."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb

from billing.build import build
from tests.dbt_remembers import dbt_remembers

__all__ = ["books", "dbt_remembers"]

CAIRO = ZoneInfo("Africa/Cairo")
TEMPLATE = "outbound_template"


def cairo(text: str) -> datetime:
    """An instant as a clock in Cairo shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=CAIRO)


@dataclass
class Figures:
    """The marts as one build left them, by account."""

    rows: dict[str, list[Any]]

    def of(self, mart: str, account: str) -> list[Any]:
        return [row for row in self.rows[mart] if row.account == account]

    def lots(self, account: str) -> list[tuple[int, Decimal, str]]:
        """What can still be used: (units, rate, last valid day), in the order it is used."""
        open_lots = sorted(
            (lot for lot in self.of("finance.prepaid_lots", account) if lot.remaining), key=lambda lot: lot.expires_at
        )
        return [(lot.remaining, lot.rate, lot.last_valid_day.isoformat()) for lot in open_lots]

    def ledger(self, account: str) -> dict[str, str]:
        """Balances that are not nil; liabilities and income as credits, revaluation and assets as debits."""
        sides = {
            "1100": 1,
            "1150": 1,
            "1200": 1,
            "1210": 1,
            "2100": -1,
            "2200": -1,
            "3000": -1,
            "4100": -1,
            "4200": -1,
            "4300": 1,
            "5100": 1,
        }
        totals: dict[str, Decimal] = {}
        for line in self.of("finance.ledger_entries", account):
            code, name = line.ledger_account.split(" ", 1)
            totals[name] = totals.get(name, Decimal(0)) + sides[code] * (line.debit - line.credit)
        return {name: str(total) for name, total in sorted(totals.items()) if total}

    def lines(self, account: str, month: str) -> list[tuple[str, str | None, int | None, int, str]]:
        """A month's invoice lines: (kind, zone, from_unit, quantity, net)."""
        lines = [line for line in self.of("finance.invoice_lines", account) if line.month == month]
        return [
            (line.kind, line.zone, line.from_unit, line.quantity, str(line.net))
            for line in sorted(lines, key=lambda line: line.n)
        ]


ISSUE = """
    with document as (
        select
            jsonb_populate_record(null::billing.invoice, %s) as invoice,
            jsonb_populate_record(null::billing.invoice_line, %s) as line
    ),
    hashed as (
        select *, jsonb_build_object('content_hash', billing.content_hash(billing.invoice_content(invoice, array[line]))) as hash
        from document
    ),
    issued as (
        insert into billing.invoice overriding system value
        select (jsonb_populate_record(invoice, hash)).* from hashed
    )
    insert into billing.invoice_line select (line).* from hashed
"""


@dataclass
class Account:
    """Writes what an account did; instants are Cairo's."""

    books: "Books"
    name: str
    account_id: int
    _keys: int = field(default=0)

    def agrees(self, since: str, **changes: Any) -> None:
        """Other terms from a local day on; what is not named stays as it was."""
        row = {"effective_from": since} | changes
        self.books.execute(
            "insert into account.term select (jsonb_populate_record(account.term_on(%s, %s), %s)).*",
            self.account_id, since, Jsonb({name: str(value) for name, value in row.items()}),
        )  # fmt: skip

    def buys(self, units: int, *, at: str, rate: str, key: str | None = None) -> str:
        return self._insert(
            "purchase", key, at=cairo(at), units=units, rate=Decimal(rate), zones=["EG"], is_history=True
        )

    def sends(self, units: int, *, at: str, zone: str = "EG", key: str | None = None) -> str:
        return self._insert("past_usage", key, at=cairo(at), units=units, zone=zone)

    def is_granted(self, units: int, *, at: str, key: str | None = None) -> str:
        return self._insert("adjustment", key, kind="grant", at=cairo(at), units=units)

    def is_refunded(self, units: int, *, at: str, net: str | None = None, key: str | None = None) -> str:
        """net: what was paid back; None: what its lots pay."""
        return self._insert("adjustment", key, kind="refund", at=cairo(at), units=units, net=net)

    def is_given_back(self, usage: str, *, at: str, key: str | None = None) -> str:
        return self._insert("adjustment", key, kind="reversal", at=cairo(at), usage_key=usage)

    def pays(self, amount: str, *, at: str, names: int | None = None, key: str | None = None, **more: Any) -> str:
        return self._insert("payment", key, at=cairo(at), amount=Decimal(amount), invoice_id=names, **more)

    def changes_receivable(self, kind: str, amount: str, *, at: str, key: str, **more: Any) -> str:
        """A payment that was taken back, a payout or a write-off."""
        values = {"kind": kind, "amount": Decimal(amount), "reason": "test", "recorded_by": "test"} | more
        return self._insert("receivable_change", key, at=cairo(at), **values)

    def has_payment_taken_back(self, payment: str, *, at: str, key: str) -> str:
        paid = self.books.execute(
            "select payment_id, amount, withheld from account.payment where account_id = %s and business_key = %s",
            self.account_id, payment,
        ).fetchone()  # fmt: skip
        assert paid
        more = {"payment_id": paid[0], "withheld": paid[2]}
        return self.changes_receivable("payment_reversal", str(paid[1]), at=at, key=key, **more)

    def is_invoiced(self, net: str, *, at: str, label: str, vat: str = "0") -> int:
        """The invoice of a month, issued at that instant; the month is that before."""
        day = cairo(at).date()
        row = self.books.execute(
            "select nextval(pg_get_serial_sequence('billing.invoice', 'invoice_id')), legal_entity_id,"
            " %s::date + (account.term_on(account_id, %s)).payment_days from account.account where account_id = %s",
            day,
            day,
            self.account_id,
        ).fetchone()
        assert row
        invoice_id, entity, due_day = row
        total = Decimal(net) + Decimal(vat)
        invoice = {
            "invoice_id": invoice_id, "account_id": self.account_id, "legal_entity_id": entity, "year": day.year,
            "number": self.account_id * 1000 + int(label[-3:]), "label": label, "kind": "month",
            "month": str((day.replace(day=1) - timedelta(days=1)).replace(day=1)), "issue_day": str(day), "due_day": str(due_day),
            "issued_at": cairo(at).isoformat(), "issued_by": "test", "currency": "EGP", "net": net, "vat": vat,
            "total": str(total),
        }  # fmt: skip
        line = {
            "invoice_id": invoice_id, "n": 1, "account_id": self.account_id, "kind": "usage", "quantity": 0, "net": net,
            "vat_rate": "0.14", "vat": vat, "tax_treatment": "standard",
        }  # fmt: skip
        self.books.execute(ISSUE, Jsonb(invoice), Jsonb(line))
        return int(invoice_id)

    def is_void(self, invoice: int, *, at: str) -> None:
        self.books.execute(
            "insert into billing.void (invoice_id, account_id, voided_at, voided_by, reason)"
            " values (%s, %s, %s, 'test', 'wrong')",
            invoice, self.account_id, cairo(at),
        )  # fmt: skip

    def is_credited(self, net: str, *, of: int, at: str, label: str, vat: str = "0") -> None:
        self.books.execute(
            "insert into billing.credit_note (account_id, legal_entity_id, year, number, label, invoice_id, line,"
            " issue_day, issued_at, issued_by, reason, net, vat, content_hash)"
            " select account_id, legal_entity_id, %s, account_id * 1000 + %s, %s, %s, 1, %s, %s, 'test', 'late', %s, %s,"
            " sha256('') from account.account where account_id = %s",
            cairo(at).year, int(label[-3:]), label, of, cairo(at).date(), cairo(at), Decimal(net), Decimal(vat),
            self.account_id,
        )  # fmt: skip

    def has_card(
        self, *tiers: tuple[int, str], zone: str = "EG", since: str = "2026-01-01", until: str | None = None
    ) -> None:
        for from_unit, rate in tiers:
            self.books.execute(
                "insert into account.rate_row (account_id, zone, effective_from, effective_to, from_unit, rate)"
                " values (%s, %s, %s, %s, %s, %s)",
                self.account_id, zone, since, until, from_unit, rate,
            )  # fmt: skip

    def closes(self, month: str) -> None:
        """What `close-month` leaves behind: the month is frozen, as of the facts of the build before."""
        first = date.fromisoformat(f"{month}-01")
        after = (first.replace(day=28) + (date(2000, 1, 5) - date(2000, 1, 1))).replace(day=1)
        self.books.settle()
        self.books.execute(
            "insert into billing.closed_period (account_id, month, starts_at, ends_at, closed_by)"
            " values (%s, %s, billing.day_start(%s, 'Africa/Cairo'), billing.day_start(%s, 'Africa/Cairo'), 'test')",
            self.account_id, first, first, after,
        )  # fmt: skip

    def _insert(self, table: str, key: str | None, **values: Any) -> str:
        self._keys += 1
        row = {"account_id": self.account_id, "business_key": key or f"{table}-{self._keys}"} | values
        columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
        self.books.execute(f"insert into account.{table} ({columns}) values ({places})", *row.values())
        return str(row["business_key"])


@dataclass
class Books:
    url: str
    connection: psycopg.Connection

    def execute(self, statement: str, *values: Any) -> psycopg.Cursor:
        return self.connection.execute(statement, values)

    def account(
        self, name: str, *, scheme: str = "prepaid", currency: str = "EGP", vat_rate: str = "0.14", **term: Any
    ) -> Account:
        found = self.execute(
            "insert into account.account (legal_entity_id, name, default_region, landing, created_at)"
            " select legal_entity_id, %s, 'EG', '/nowhere', '2026-01-01' from account.legal_entity"
            " returning account_id",
            name,
        ).fetchone()
        assert found
        row = {
            "account_id": found[0], "effective_from": "1900-01-01", "scheme": scheme, "currency": currency,
            "vat_rate": vat_rate,
        } | term  # fmt: skip
        columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
        self.execute(f"insert into account.term ({columns}) values ({places})", *row.values())
        return Account(self, name, found[0])

    def as_of(self, at: str) -> Figures:
        build(cairo(at))
        return self.figures()

    def settle(self) -> None:
        """Waits until a build reads all that was written so far: no transaction of the server, whoever's, is older."""
        written = self.execute("select pg_current_xact_id()::text::bigint").fetchone()
        while self.execute("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint <= %s", written[0]).fetchone()[
            0
        ]:
            time.sleep(0.02)

    def figures(self) -> Figures:
        marts = [
            "finance.charges", "finance.prepaid_lots", "finance.rollovers", "finance.ledger_entries",
            "finance.deferred_revenue", "finance.invoice_lines", "finance.invoices", "finance.rating_errors",
            "finance.reconciliation", "finance.payment_allocations", "finance.receivables_ageing",
            "finance.account_statements", "finance.shortfalls", "operations.message_outcomes", "operations.sla",
        ]  # fmt: skip
        with psycopg.connect(self.url, row_factory=namedtuple_row) as reader:
            return Figures({mart: reader.execute(f"select * from {mart}").fetchall() for mart in marts})

    def available(self, account: Account, at: str) -> int | None:
        found = self.execute("select billing.available_units(%s, %s)", account.account_id, cairo(at)).fetchone()
        assert found
        return found[0]


@pytest.fixture(scope="module")
def books(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """One database a module: a build costs seconds, so many stories share it, each with accounts of its own."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"create database {name} template {TEMPLATE} strategy file_copy")
    url = server.rpartition("/")[0] + "/" + name
    home: Path = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        patch.setenv("OUTBOUND_HOME", str(home))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "insert into account.legal_entity (name, country, timezone)"
                " values ('Example Telecom', 'EG', 'Africa/Cairo')"
            )
            known = Books(url, connection)
            yield known
            known.connection.close()  # a test may have opened another one
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"drop database if exists {name} with (force)")
