"""A day's build reads and writes what there is news of, however much was there before: by the database's own row counters."""

import re

import psycopg
from psycopg import sql

from billing.build import build, dbt
from reports import catalogue
from tests.integration.dbt.conftest import Books

MODELS = (
    "int_campaigns", "int_stale_messages", "int_hours_before", "int_stale_hours", "int_stale_months", "session_hours", "int_segment_outcomes", "int_segment_fates",
    "int_campaign_outcomes", "message_outcomes", "sla_campaigns", "int_hour_outcomes", "sla_hours", "sla_errors", "int_month_outcomes",
    "int_month_punctuality",
)  # fmt: skip
COUNTED = (
    "int_segment_outcomes", "int_segment_fates", "int_campaign_outcomes", "message_outcomes", "stg_submissions",
    "stg_receipts", "charges", "message_1",
)  # fmt: skip
HISTORY, DAY, SIZE = 300, 2, 40
CAMPAIGNS = """
    insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender, rows, messages, segments,
            received_at, accepted_at, eligible_at)
        select campaign_id, 1 + campaign_id %% 2, 1, 'rejected', 'x', 'X', %(size)s, %(size)s, %(size)s, %(at)s, %(at)s, %(at)s
        from generate_series(%(first)s::integer, %(last)s::integer) as campaign_id;
    insert into dispatch.message (campaign_id, ordinal, account_id, line, msisdn, encoding, segments, network_id, zone)
        select campaign_id, ordinal, account_id, ordinal, 201000000000 + ordinal, 'gsm', 1, 1, 'EG'
        from intake.campaign
        cross join generate_series(1, %(size)s::integer) as ordinal
        where campaign_id between %(first)s and %(last)s;
    insert into dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, command_status, sent_at,
            answered_at, epoch_id, intent_serial, connector_id, session, sequence, reference, network_id, zone)
        select account_id, campaign_id, ordinal, 1, 1, 'accepted', 0, %(at)s, %(at)s, 1, 1, 1, 1, 1, 1, 1, 'EG'
        from dispatch.message
        where campaign_id between %(first)s and %(last)s;
"""
RECEIPTS = """
    insert into dispatch.receipt_match (receipt_id, received_at, account_id, campaign_id, ordinal, segment, attempt, state,
            final)
        select campaign_id * 1000 + ordinal, %(at)s::timestamptz + interval '1 minute', account_id, campaign_id, ordinal, 1,
            1, 2, true
        from dispatch.message
        where campaign_id between %(first)s and %(last)s
          and ordinal between %(from)s and %(to)s
"""


def write(books: Books, statements: str, **values: object) -> None:
    for statement in statements.split(";\n"):
        if statement.strip():
            books.connection.execute(statement.encode(), values)


def counters(url: str) -> dict[str, tuple[int, int]]:
    """Of each table: rows read, by a scan or an index, and rows written."""
    with psycopg.connect(url) as reader:
        rows = reader.execute(
            "select relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0), n_tup_ins + n_tup_upd + n_tup_del"
            " from pg_stat_user_tables where relname = any(%s) or relname like 'message\\_%%'",
            [list(COUNTED)],
        ).fetchall()
    return {relation: (read, written) for relation, read, written in rows}


def test_a_day_costs_what_it_brings(books):
    for name in ("delta", "nile"):
        books.account(name, scheme="postpaid")
    books.execute(
        "insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at)"
        " select min(account_id), 'campaign', 'x', 1, 1, sha256('x'), '-', 'command', '2026-09-01' from account.account"
    )
    books.execute("select dispatch.ensure_days('2026-09-05', '2026-09-20'), dispatch.ensure_message_partition(1)")
    past = {"at": "2026-09-05 10:00Z", "first": 1, "last": HISTORY, "size": SIZE}
    write(books, CAMPAIGNS, **past)
    write(books, RECEIPTS, **past, **{"from": 1, "to": SIZE})
    build()

    day = {"at": "2026-09-20 10:00Z", "first": HISTORY + 1, "last": HISTORY + DAY, "size": SIZE}
    write(books, CAMPAIGNS, **day)
    write(books, RECEIPTS, **day, **{"from": 1, "to": SIZE // 2})
    write(books, RECEIPTS.replace("* 1000", "* 1000 + 500"), **past | {"first": HISTORY}, **{"from": 7, "to": 8})
    books.settle()
    dbt("run", "--select", "watermark", "stg_submissions", "stg_settlements", "stg_receipts", "stg_dropped")
    dbt("run", "--select", "int_usage", "charges")
    before = counters(books.url)
    dbt("run", "--select", *MODELS)
    after = counters(books.url)

    stale = DAY * SIZE + 2
    cost = {
        table: (after[table][0] - before.get(table, (0, 0))[0], after[table][1] - before.get(table, (0, 0))[1])
        for table in after
    }
    assert books.execute("select count(*) from intermediate.int_stale_messages").fetchone() == (stale,)
    assert (
        cost["int_segment_outcomes"][1] == cost["int_segment_fates"][1] == stale + 2
    )  # the two that were there go first
    assert cost["message_outcomes"][1] == stale + 2
    touched = (DAY + 1) * SIZE
    assert {table: read for table, (read, _) in cost.items() if read > 4 * touched} == {}
    a_month_s_export_is_found_by_an_index(books)


def a_month_s_export_is_found_by_an_index(books: Books) -> None:
    """Of tables with a row a message: by the account and the month, not by reading all that there is of either."""
    with psycopg.connect(books.url) as reader:
        reader.execute("set enable_seqscan = off")  # so few rows are as well read whole
        for table, condition in (
            ("operations.message_outcomes", r"\(account_id = 2\) AND \(month = '2026-09'"),
            ("finance.invoice_usage", r"account_id = 2\) AND \(charged_at >= .* AND \(charged_at < "),
        ):
            statement = catalogue.statement(reader, table, "nile", "2026-09")
            plan = "\n".join(line for (line,) in reader.execute(sql.SQL("explain ") + statement))
            assert re.search(rf"Index Cond: .*{condition}", plan), plan
