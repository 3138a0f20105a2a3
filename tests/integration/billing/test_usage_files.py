"""What an invoice bills, row by row: it sums up to the lines, and numbers go to their own account only."""

import csv
import io
import tracemalloc

from billing.documents import usage_file
from billing.documents.loading import find
from billing.voiding import void
from outbound import database
from tests.integration.billing.documents_at_work import SETUP, USAGE, results
from tests.integration.billing.test_issuing import month_invoice

TWO_SENDERS = """
legal_entity: {name: Example Telecom, country: EG, timezone: Africa/Cairo}
networks: [{prefix: "2010", operator: Vodafone EG, country: EG, zone: EG}]
connectors: [{name: main, host: 127.0.0.1, system_id: x, password: p, routes: ["20"]}]
accounts:
  - name: delta
    scheme: postpaid
    currency: EGP
    vat_rate: "0.14"
    rates: [{zone: EG, from: 2020-01-01, rate: "0.1005"}]
    documents: {usage_file: segments}
  - name: gamma
    scheme: postpaid
    currency: EGP
    vat_rate: "0.14"
    tier_mode: volume
    rates: [{zone: EG, from: 2020-01-01, rate: "0.3"}, {zone: EG, from: 2020-01-01, from_unit: 5, rate: "0.2"}]
"""
SENT = """
    update account.account set created_at = '2024-03-01 10:00Z';
    insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at)
        select account_id, 'campaign', 'x.csv', 1, 1, sha256('x'), '1.csv', 'command', now() from account.account;
    insert into intake.campaign (
            campaign_id, account_id, file_id, state, name, sender, rows, messages, segments, received_at, accepted_at)
        select account_id + 16, account_id, file_id, 'completed', 'eid', 'X', 3, 3, 6, now(), now() from intake.file;
    select dispatch.ensure_message_partition(campaign_id) from intake.campaign;
    select dispatch.ensure_days('2024-03-10', '2024-03-11');
    insert into dispatch.message (
            campaign_id, ordinal, account_id, line, msisdn, text, encoding, segments, network_id, zone)
        select campaign_id, n, account_id, n + 1, 201001234500 + account_id * 10 + n, 'Hello', 'gsm', 2,
            (select network_id from network.network), 'EG'
        from intake.campaign, generate_series(1, 3) as n;
    insert into dispatch.submission (
            account_id, campaign_id, ordinal, segment, attempt, state, command_status, carrier_message_id, sent_at,
            answered_at, epoch_id, intent_serial, connector_id, session, sequence, reference, network_id, zone)
        select account_id, campaign_id, ordinal, segment, 1, 'accepted', 0, 'c' || ordinal || segment,
            case when ordinal < 3 then '2024-03-10T10:00:00Z'::timestamptz else '2024-03-10T22:30:00Z' end, now(), 1, 1,
            connector_id, 1, 1, 1, message.network_id, 'EG'
        from dispatch.message, generate_series(1, 2) as segment, dispatch.connector;
"""


def test_numbers_go_out_only_to_the_account_whose_they_are_and_only_where_it_asks(operator):
    operator.applies(TWO_SENDERS)
    for statement in SENT.split(";\n"):
        if statement.strip():
            operator.sql(statement)
    operator.does("close-month", "2024-03")
    issued = operator.does("issue", "2024-03")["issued"]
    assert [(row["account"], row["net"]) for row in issued] == [("delta", "0.60"), ("gamma", "1.20")]
    operator.does("documents", "deliver")
    files = {account: results(operator, account) for account in ("delta", "gamma")}
    usage = {
        account: next(content for name, content in found.items() if name.endswith("-usage.csv")).decode("utf-8-sig")
        for account, found in files.items()
    }
    numbers = "select account.name, msisdn::text from dispatch.message join account.account using (account_id) order by ordinal"
    sent = operator.sql(numbers)
    own = [number for account, number in sent if account == "delta"]
    rows = list(csv.DictReader(io.StringIO(usage["delta"])))
    assert [row["msisdn"] for row in rows] == [own[0], own[0], own[1], own[1], own[2], own[2]]
    assert [row["net"] for row in rows] == ["0.10", "0.10", "0.10", "0.10", "0.10", "0.10"]
    days = list(csv.DictReader(io.StringIO(usage["gamma"])))
    assert [(row["day"], row["rate"], row["segments"], row["net"]) for row in days] == [
        ("2024-03-10", "0.200000", "4", "0.80"),
        ("2024-03-11", "0.200000", "2", "0.40"),  # half past midnight in Cairo
    ]
    assert [number for _, number in sent if number in usage["gamma"]] == []
    assert [account for account, number in sent if number in usage["delta"]] == ["delta"] * 3
    assert not any(name.endswith("-eta.json") for found in files.values() for name in found)  # it has no activity code


def test_an_invoice_whose_usage_the_marts_no_longer_have_does_not_go_out_and_can_be_void(operator):
    operator.applies(SETUP)
    operator.loads(*USAGE)
    operator.does("close-month", "2024-03")
    (invoice,) = operator.does("issue", "2024-03")["issued"]
    operator.sql("delete from intermediate.int_past_charges where message_key in ('U-1', 'U-2')")
    refused = operator.run("documents", "deliver")
    assert refused.status == 1
    assert f"invoice {invoice['invoice']}, line 1: it bills 100 segments for 10.05, and the marts have" in refused.error
    assert operator.sql("select * from billing.delivery") == []
    assert results(operator, "delta") == {}
    assert void(invoice["invoice"], "the usage is being looked at", rebuild=False)["state"] == "void"


def test_a_usage_file_of_many_rows_takes_the_memory_of_few(operator):
    operator.applies(SETUP)
    rows = 110_000
    operator.sql(f"""
        create table finance.invoice_usage as
        select account_id, date '2026-05-01' as month_start, 7::bigint as campaign, '7:' || n || ':1' as usage, 1 as segment,
            '2024-05-02 10:00Z'::timestamptz as sent_at, date '2024-05-02' as sent_day, false as is_late, 'EG' as zone,
            date '2020-01-01' as card_from, 1::bigint as from_unit, 0.1005::numeric as rate, 1::bigint as quantity,
            n::bigint as ordinal_in_month, n as ordinal
        from account.account, generate_series(1, {rows}) as n
        where name = 'delta'
    """)
    operator.sql("grant select on finance.invoice_usage to outbound_billing")
    label = month_invoice(operator, "11055.00", quantity=rows)
    with database.connect("billing") as connection:
        document = find(connection, label)
        tracemalloc.start()
        largest = max(len(block) for block in usage_file.blocks(connection, document))  # all rows come to the line
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert usage_file.name(document).endswith(".csv.gz")
    assert largest < 1_000_000
    assert peak < 12_000_000
