"""Two accounts, a message submitted for each, and marts as `outbound build` would leave them."""

from pathlib import Path

import psycopg
import pytest
import yaml

from outbound.setup.apply import apply

SETUP = {
    "legal_entity": {"name": "Example", "country": "EG", "timezone": "Africa/Cairo"},
    "networks": [{"prefix": "2010", "operator": "V", "country": "EG", "zone": "EG"}],
    "connectors": [{"name": "main", "host": "127.0.0.1", "system_id": "x", "password": "p", "routes": ["20"]}],
    "accounts": [{"name": name, "scheme": "postpaid", "currency": "EGP"} for name in ("delta", "nile")],
}
TRAFFIC = """
    insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at)
        select account_id, 'campaign', 'x.csv', 1, 1, sha256('x'), '1.csv', 'command', now() from account.account;
    insert into intake.campaign (
            campaign_id, account_id, file_id, state, name, sender, rows, messages, segments, received_at, accepted_at)
        select account_id, account_id, file_id, 'accepted', 'eid', 'X', 1, 1, 1, now(), now() from intake.file;
    select dispatch.ensure_message_partition(1);
    select dispatch.ensure_days('2026-10-31', '2026-10-31');
    insert into dispatch.message (
            campaign_id, ordinal, account_id, line, msisdn, text, encoding, segments, network_id, zone)
        select campaign_id, 1, account_id, 2, 201001234560 + account_id, 'Hello', 'gsm', 1, 1, 'EG'
        from intake.campaign;
    insert into dispatch.submission (
            account_id, campaign_id, ordinal, segment, attempt, state, command_status, carrier_message_id, sent_at,
            answered_at, epoch_id, intent_serial, connector_id, session, sequence, reference, network_id, zone)
        select account_id, campaign_id, 1, 1, 1, 'accepted', 0, '=cmd', '2026-10-31T22:30:00Z', now(), 1, 1,
            connector_id, 1, 1, 1, 1, 'EG'
        from intake.campaign, dispatch.connector;
    create table finance.charges as
        select account.name as account, campaign_id as campaign, segment::integer, sent_at, zone, submission.account_id,
            ordinal, attempt::integer, sent_at as charged_at, sent_at::date as sent_day, false as is_late,
            'postpaid' as scheme
        from dispatch.submission
        join account.account using (account_id);
    create table operations.sla as
        select name as account, '2026-09' as month, 'S3' as metric, 0.5 as raw, 0.75 as adjusted,
            '{"opted_out": 2}'::jsonb as exclusions, 0.999 as target, 'breached' as state, 3::bigint as good,
            4::bigint as counted, 2::bigint as excluded, 0::bigint as waiting, false as is_provisional, 0.1 as at_least,
            0.9 as at_most, -249.0 as budget_left, account_id
        from account.account;
    create table operations.error_classes as
        select '*' as connector, '6' as error_code, 'handset_unavailable' as class;
    grant select on finance.charges, operations.sla, operations.error_classes to outbound_operator, outbound_reporting;
"""


@pytest.fixture
def traffic(database: str, tmp_path: Path) -> str:
    """The database's URI. The submissions were sent on 1 November in Cairo, 31 October in UTC."""
    file = tmp_path / "setup.yaml"
    file.write_text(yaml.safe_dump(SETUP))
    apply(file)
    with psycopg.connect(database) as connection:
        for statement in TRAFFIC.split(";\n"):
            if statement.strip():
                connection.execute(statement)
    return database
