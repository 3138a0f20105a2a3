"""Fifty issuers at once over a new year: every series is without a gap, without a duplicate, and in the order of issue (CHARGING 29)."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import psycopg
import pytest

from outbound.database import connect

ENTITIES = {"cairo": "Africa/Cairo", "york": "America/New_York"}
MONTHS, PURCHASES, CREDITS = 14, 24, 14
BEFORE, AFTER = "2026-12-31 23:59:50+02", "2027-01-01 00:00:10+02"  # in Cairo; in New York it is the afternoon before


class Job(NamedTuple):
    account: int
    what: str
    subject: Any
    changes_its_mind: bool


@pytest.fixture
def jobs(database: str) -> list[Job]:
    """Two legal entities, each with purchases, closed months, and an invoice that is credited bit by bit."""
    with psycopg.connect(database) as owner:
        owner.execute("create table public.shift (by interval not null)")
        owner.execute("insert into public.shift select %s::timestamptz - clock_timestamp()", [BEFORE])
        owner.execute(
            "create or replace function billing.clock() returns timestamptz language sql volatile as"
            " 'select clock_timestamp() + shift.by from public.shift'"
        )
        owner.execute(
            "create table finance.invoice_lines (account_id bigint, month text, n integer, kind text, zone text,"
            " card_from date, from_unit bigint, quantity bigint, rate numeric, net numeric, vat_rate numeric,"
            " vat numeric, purchase_id bigint, status text)"
        )
        return [job for name, zone in ENTITIES.items() for job in _jobs_of(owner, name, zone)]


def _jobs_of(owner: psycopg.Connection, name: str, zone: str) -> list[Job]:
    def one(query: str, *values: Any) -> Any:
        row = owner.execute(query, values).fetchone()
        assert row
        return row[0]

    entity = one(
        "insert into account.legal_entity values (default, %s, 'EG', %s) returning legal_entity_id", name, zone
    )
    account = one(
        "insert into account.account (legal_entity_id, name, timezone, default_region, landing)"
        " values (%s, %s, %s, 'EG', '/nowhere') returning account_id",
        entity, name, zone,
    )  # fmt: skip
    owner.execute(
        "insert into account.term (account_id, effective_from, scheme, currency, vat_rate)"
        " values (%s, '1900-01-01', 'postpaid', 'EGP', 0.14)",
        [account],
    )
    owner.execute(
        "insert into finance.invoice_lines select %s, to_char(month, 'YYYY-MM'), 1, 'usage', 'EG', '2020-01-01', 1, 100,"
        " 0.1, 10.00, 0.14, 1.40, null, 'draft' from generate_series(0, %s) as n,"
        " lateral (select '2024-01-01'::date + make_interval(months => n)) as of (month)",
        [account, MONTHS],
    )
    owner.execute(
        "insert into billing.closed_period (account_id, month, starts_at, ends_at, closed_by, figures)"
        " select account_id, (month || '-01')::date, (month || '-01')::date, (month || '-01')::date + 28, 'test',"
        ' \'{"net": 10.00, "vat": 1.40}\' from finance.invoice_lines where account_id = %s',
        [account],
    )
    credited = one("select invoice_id from billing.issue_invoice(%s, '2024-01-01', null, 'test')", account)
    bought = owner.execute(
        "insert into account.purchase (account_id, business_key, at, units, rate, zones)"
        " select %s, 'PO-' || n, now(), 100, 0.1, '{EG}' from generate_series(1, %s) as n returning purchase_id",
        [account, PURCHASES],
    ).fetchall()
    months = owner.execute(
        "select (month || '-01')::date from finance.invoice_lines where account_id = %s and month > '2024-01'",
        [account],
    ).fetchall()
    wanted = [
        *(("purchase", row[0]) for row in bought),
        *(("month", row[0]) for row in months),
        *(("credit", credited) for _ in range(CREDITS)),
    ]
    return [Job(account, what, subject, n % 7 == 3) for n, (what, subject) in enumerate(wanted)]


CALLS = {
    "purchase": "select label from billing.issue_invoice(%(account)s, null, %(subject)s, 'test')",
    "month": "select label from billing.issue_invoice(%(account)s, %(subject)s, null, 'test')",
    "credit": "select label from billing.issue_credit_note(%(subject)s, 1, 0.25, 'test', 'late', 'correction')",
}


def test_fifty_issuers_over_a_new_year_leave_no_gap(jobs: list[Job], database: str) -> None:
    mixed = random.Random(29).sample(jobs, len(jobs))
    last = {(job.account, job.what): n for n, job in enumerate(mixed) if not job.changes_its_mind}.values()
    half_done, turned = threading.Semaphore(0), threading.Event()

    def issue(n: int, job: Job) -> tuple[Job, str | None]:
        if n in last:  # of its kind, so that each is issued in the new year too
            turned.wait(60)
        with connect("billing") as connection, connection.transaction(force_rollback=job.changes_its_mind):
            row = connection.execute(CALLS[job.what], job._asdict()).fetchone()
        half_done.release()
        return job, row[0] if row and not job.changes_its_mind else None

    with ThreadPoolExecutor(50) as pool:
        done = pool.map(issue, range(len(mixed)), mixed)
        for _ in range(len(mixed) // 2):
            half_done.acquire()
        with psycopg.connect(database) as owner:
            owner.execute("update public.shift set by = by + (%s::timestamptz - %s::timestamptz)", [AFTER, BEFORE])
        turned.set()
        issued = [(job, label) for job, label in done if label]

    with psycopg.connect(database) as reader:
        documents = reader.execute(
            "with document as ("
            " select 'invoice' as series, legal_entity_id, year, number, label, issue_day, issued_at from billing.invoice"
            " union all"
            " select 'credit_note', legal_entity_id, year, number, label, issue_day, issued_at from billing.credit_note)"
            " select entity.name, series, document.year, array_agg(number order by issued_at),"
            " bool_and(issue_day = (issued_at at time zone entity.timezone)::date),"
            " bool_and(extract(year from issue_day) = document.year), min(counter.last_number), count(distinct label)"
            " from document join account.legal_entity as entity using (legal_entity_id)"
            " join billing.document_counter as counter using (legal_entity_id, series, year) group by 1, 2, 3"
        ).fetchall()
        assert reader.execute("select * from billing.tampered").fetchall() == []
    series = {(entity, kind, year): numbers for entity, kind, year, numbers, *_ in documents}
    for _, _, _, numbers, on_its_day, of_its_year, counter, labels in documents:
        assert numbers == list(range(1, len(numbers) + 1))  # no gap, no duplicate, in the order of issue
        assert (on_its_day, of_its_year, counter, labels) == (True, True, len(numbers), len(numbers))
    # Cairo's new year falls into the middle; in New York the year goes on
    assert {key for key in series if key[0] == "cairo"} == {
        ("cairo", kind, year) for kind in ("invoice", "credit_note") for year in (2026, 2027)
    }
    assert {year for entity, _, year in series if entity == "york"} == {2026}
    kept = sum(not job.changes_its_mind for job in jobs)
    assert len(issued) == kept
    assert sum(map(len, series.values())) == kept + len(ENTITIES)  # and the two that are credited


def test_a_credit_note_of_a_new_year_begins_its_own_series(jobs: list[Job], database: str) -> None:
    credit = next(job for job in jobs if job.what == "credit")
    with psycopg.connect(database, autocommit=True) as owner:
        (old,) = owner.execute(CALLS["credit"], credit._asdict()).fetchone() or (None,)
        owner.execute("update public.shift set by = by + interval '1 day'")
        (new,) = owner.execute(CALLS["credit"], credit._asdict()).fetchone() or (None,)
    assert (old, new) == ("CN-2026-000001", "CN-2027-000001")


def test_an_invoice_is_void_until_midnight_of_its_entity(jobs: list[Job], database: str) -> None:
    """The same instant is past midnight in Cairo and in the afternoon in New York."""
    with psycopg.connect(database, autocommit=True) as owner:
        cairo, york = owner.execute(
            "select invoice_id from billing.invoice join account.account using (account_id) order by name"
        ).fetchall()
        owner.execute("update public.shift set by = by + interval '20 seconds'")
        with pytest.raises(psycopg.errors.RaiseException, match="void on its issue day only"):
            owner.execute("select billing.void_invoice(%s, 'test', 'wrong')", cairo)
        owner.execute("select billing.void_invoice(%s, 'test', 'wrong')", york)
        assert owner.execute("select invoice_id from billing.void").fetchall() == [york]
        label = owner.execute(
            "select label from billing.issue_invoice(%s, '2024-01-01', null, 'test')", [jobs[-1].account]
        )
        assert label.fetchone() == ("2026-000002",)  # the void one keeps its number
