"""What a credit limit and a monthly cap leave is read from what is new, and comes to what all of it comes to (CHARGING 16, 26-28)."""

import itertools
import random
from collections import Counter

import psycopg
import pytest
from psycopg.rows import namedtuple_row

from billing.build import Q, dbt
from tests.integration.dbt.conftest import Account, Books, books, cairo
from tests.integration.dbt.live_histories import Story, story, write_campaigns, write_facts

__all__ = ["books"]

ACCOUNTS = 60
INSTANTS = ["2026-03-15 12:00", "2026-05-01 00:00", "2026-07-01 00:00", "2026-11-10 12:00"]

# The same sums over all that was ever charged, as usage is dated by a look at the whole history.
IN_FULL = """
with usage as materialized (
    select used.charged_at, (used.charged_at at time zone 'Africa/Cairo')::date as day, used.units * coalesce(card.rate, 0) as net
    from billing.charged_usage(%(account)s) as used
    left join lateral (
        select rate
        from account.rate_row
        where account_id = %(account)s
          and zone = used.zone
          and from_unit = 1
          and effective_from <= (used.sent_at at time zone 'Africa/Cairo')::date
          and coalesce(effective_to, 'infinity') > (used.sent_at at time zone 'Africa/Cairo')::date
    ) as card on true
)

select
    floor((1000 - billing.owed(%(account)s, %(at)s) - (
        select coalesce(sum(net * 1.14), 0)
        from usage
        where charged_at <= %(at)s
          and (account.term_on(%(account)s, day)).scheme = 'postpaid'
          and not exists (
            select
            from billing.invoice
            where invoice.account_id = %(account)s
              and invoice.month = date_trunc('month', day)::date
              and not exists (select from billing.void where void.invoice_id = invoice.invoice_id)
        )
    )) / (dearest.rate * 1.14))::bigint as credit,
    floor((500 - (
        select coalesce(sum(net), 0)
        from usage
        where date_trunc('month', day) = date_trunc('month', %(at)s::timestamptz at time zone 'Africa/Cairo')
    )) / dearest.rate)::bigint as cap
from (select billing.dearest_rate(%(account)s, (%(at)s::timestamptz at time zone 'Africa/Cairo')::date)) as dearest (rate)
"""
PROPORTIONATE = (
    "select billing.credit_units(%(account)s, %(at)s) as credit, billing.cap_units(%(account)s, %(at)s) as cap"
)


def invoice(rng: random.Random, account: Account, month: int) -> None:
    """Of a closed month: invoiced, invoiced and void, or waiting for its invoice."""
    if rng.random() < 0.7:
        issued = account.is_invoiced("1.00", at=f"2026-{month + 1:02}-02 10:00", label=f"INV-{month:03}")
        if rng.random() < 0.2:
            account.is_void(issued, at=f"2026-{month + 1:02}-02 11:00")


@pytest.fixture(scope="module")
def stories(books: Books) -> list[Story]:
    """Half of each history, some months closed and invoiced, and the other half, which comes late."""
    rng = random.Random(20260601)
    ids = itertools.count(1)
    books.execute("insert into network.network (prefix, operator, country, zone) values ('2010', 'V', 'EG', 'EG')")
    books.execute(
        "insert into dispatch.connector (name, host, port, system_id, password) values ('main', 'h', 1, 's', '{}')"
    )
    found = []
    for n in range(ACCOUNTS):
        account = books.account(f"postpaid-{n}", scheme="postpaid", credit_limit="1000", monthly_cap="500")
        account.has_card((1, "0.20"), until="2026-06-30")
        account.has_card((1, "0.30"), (5, "0.10"), since="2026-06-30")
        if rng.random() < 0.3:  # it paid ahead for a while
            books.execute("update account.term set scheme = 'prepaid' where account_id = %s", account.account_id)
            books.execute(
                "insert into account.term (account_id, effective_from, scheme, currency, vat_rate, credit_limit, monthly_cap)"
                " values (%s, '2026-04-01', 'postpaid', 'EGP', 0.14, 1000, 500)",
                account.account_id,
            )
        one = story(rng, account, ids)
        one.money = [fact for fact in one.money if fact[1] == "past_usage"]
        found.append(one)
    write_campaigns(books, found)
    write_facts(books, found, rng, early=True)
    for one in found:
        for month in range(1, rng.randrange(1, 8)):
            one.account.closes(f"2026-{month:02}")
            invoice(rng, one.account, month)
    count(books, "2026-06-15 15:00")
    write_facts(books, found, rng, early=False)
    return found


def count(books: Books, as_of: str) -> None:
    """A build as far as the built days need it."""
    started = books.execute(Q.start.replace("%(as_of)s", "%s"), cairo(as_of)).fetchone()
    assert started
    books.settle()
    dbt("run", "--select", "+int_postpaid_days", "+int_basis")
    books.connection.execute(Q.finish, {"build": started[0], "outcome": "ok", "figures": "{}"})


def built(reader: psycopg.Connection, stories: list[Story]) -> Counter:
    """How far built days reach, of how many accounts and instants."""
    return Counter(
        str(
            reader.execute(
                "select (billing.built_days_until(%(a)s, billing.billed_until(%(a)s), %(at)s) at time zone 'Africa/Cairo')::date",
                {"a": one.account.account_id, "at": cairo(at)},
            ).fetchone()[0]  # type: ignore[index]
        )
        for one in stories
        for at in INSTANTS
    )  # fmt: skip


def compared(reader: psycopg.Connection, stories: list[Story]) -> list[tuple]:
    return [
        tuple(
            reader.execute(query, {"account": one.account.account_id, "at": cairo(at)}).fetchone()
            for query in (PROPORTIONATE, IN_FULL)
        )
        for one in stories
        for at in INSTANTS
    ]


def test_what_is_new_and_all_of_it_come_to_the_same(books, stories):
    with psycopg.connect(books.url, row_factory=namedtuple_row) as reader:
        found = compared(reader, stories)
        reach = built(reader, stories)
        late = reader.execute(
            "select count(*) from account.account, billing.charged_usage(account_id) as used where charged_at > sent_at"
        ).fetchone()
    assert [pair for pair in found if pair[0] != pair[1]] == []
    assert len({pair[0] for pair in found}) > 40
    assert late
    assert late[0] > 30
    assert len(reach) > 5, "built days reach to where something new came in, differently far"


def test_built_days_and_the_log_come_to_the_same(books, stories):
    """After a build that has all of it, while another one runs, and after one for an earlier instant."""
    with psycopg.connect(books.url, row_factory=namedtuple_row, autocommit=True) as reader:
        for as_of in ("2026-07-20 12:00", "2026-05-20 12:00"):
            count(books, as_of)
            assert [pair for pair in compared(reader, stories) if pair[0] != pair[1]] == [], as_of
            assert built(reader, stories)[as_of[:10]] > 20
        books.execute(Q.start.replace("%(as_of)s", "%s"), cairo("2026-04-01 00:00"))
        dbt("run", "--select", "+int_postpaid_days", "+int_basis")
        assert set(built(reader, stories)) == {"None"}
        assert [pair for pair in compared(reader, stories) if pair[0] != pair[1]] == []
        books.connection.execute(
            Q.finish,
            {
                "build": books.execute("select max(build_id) from billing.build").fetchone()[0],
                "outcome": "failed",
                "figures": "{}",
            },
        )


def test_what_is_built_is_not_read_again(books):
    account = books.account("built", scheme="postpaid", credit_limit="1000", monthly_cap="500")
    account.has_card((1, "0.10"))
    books.execute(
        "insert into account.past_usage (account_id, business_key, at, units, zone)"
        " select %s, 'U' || n, timestamptz '2026-02-01 10:00Z' + n * interval '1 minute', 1, 'EG'"
        " from generate_series(1, 3000) as n",
        account.account_id,
    )
    books.execute("analyze account.past_usage")
    count(books, "2026-02-10 09:00")
    account.sends(100, at="2026-02-10 09:30")
    with psycopg.connect(books.url) as reader:
        for limit, left in (("credit_units", 5671), ("cap_units", 1900)):  # 1000 / 0.114 - 3100; 5000 - 3100
            found = reader.execute(
                f"select billing.{limit}(%s, %s)", (account.account_id, cairo("2026-02-10 10:00"))
            ).fetchone()
            assert found == (left,)
        read = reader.execute(
            "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables"
            " where schemaname = 'account' and relname = 'past_usage'"
        ).fetchone()
    assert read
    assert read[0] < 50


def test_months_that_are_billed_are_not_read_again(books):
    """By the rows that PostgreSQL fetched: a history of thousands costs what the open month does."""
    account = books.account("long", scheme="postpaid", credit_limit="1000", monthly_cap="500")
    account.has_card((1, "0.10"))
    books.execute(
        "insert into account.past_usage (account_id, business_key, at, units, zone)"
        " select %s, 'U' || n, timestamptz '2026-01-10 10:00Z' + n * interval '1 minute', 1, 'EG'"
        " from generate_series(1, 5000) as n",
        account.account_id,
    )
    books.execute("analyze account.past_usage")
    count(books, "2026-02-01 00:00")  # else it came after what was closed, and is late
    account.closes("2026-01")
    account.is_invoiced("500.00", at="2026-02-02 10:00", label="INV-001")
    account.sends(100, at="2026-02-03 10:00")
    with psycopg.connect(books.url) as reader:
        for limit, left in (("credit_units", 4285), ("cap_units", 4900)):
            found = reader.execute(
                f"select billing.{limit}(%s, %s)", (account.account_id, cairo("2026-02-10 10:00"))
            ).fetchone()
            assert found == (left,)
        read = reader.execute(
            "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables"
            " where schemaname = 'account' and relname = 'past_usage'"
        ).fetchone()
    assert read
    assert read[0] < 50


def test_a_usage_is_found_by_its_id(books, stories):
    """Each that is charged, and nothing else: as a look at the whole history finds it."""
    with psycopg.connect(books.url) as reader:
        for one in stories[:20]:
            account = one.account.account_id
            charged = dict(
                reader.execute(
                    "select case when segment > 0 then key || ':' || segment else key end, units"
                    " from billing.charged_usage(%s)",
                    (account,),
                ).fetchall()
            )
            asked = {f"{sent.campaign_id}:{place[0]}:{place[1]}" for sent in one.campaigns for place in sent.segments}
            asked |= {row["business_key"] for _, _, row in one.money} | {"none", "01:1:1", "1:1", "999:1:1", "::"}
            found = {
                name: reader.execute("select billing.used_units(%s, %s)", (account, name)).fetchone()[0]
                for name in asked
            }
            assert {name: units for name, units in found.items() if units is not None} == charged
