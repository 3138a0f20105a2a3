-- One accepted campaign of %(n)s messages, each with a text of its own, and a connector that is switched off.

insert into account.legal_entity (name, country, timezone) values ('bench', 'EG', 'Africa/Cairo');

insert into account.account (legal_entity_id, name, default_region, landing)
select legal_entity_id, 'bench', 'EG', '-'
from account.legal_entity;

insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at)
select account_id, 'campaign', 'c.csv', 1, 1, sha256('c'), '-', 'command', now()
from account.account;

select dispatch.ensure_message_partition(1);

insert into intake.campaign (
    campaign_id, account_id, file_id, name, sender, rows, messages, segments, received_at, accepted_at, state)
select 1, account_id, file_id, 'c', 'BENCH', %(n)s, %(n)s, %(n)s, now(), now(), 'accepted'
from intake.file;

insert into dispatch.message (
    campaign_id, ordinal, account_id, line, msisdn, text, encoding, segments, network_id, zone)
select
    1, n, account_id, n + 1, 201000000000 + n, 'Dear customer, your balance is ' || n || ' points.', 'gsm', 1, 1, 'EG'
from account.account, generate_series(1, %(n)s) as n;

insert into account.base_member (account_id, msisdn)
select account_id, msisdn
from dispatch.message;

insert into dispatch.connector (name, host, port, system_id, password, "window", ledger_window, routes, enabled)
values ('sink', '127.0.0.1', 1, 'bench', '{"value": "bench"}', %(window)s, %(ledger_window)s, '["20"]', false);

insert into dispatch.batch (account_id, campaign_id, first_ordinal, size, expires_at)
select account_id, 1, n, least(%(batch)s, %(n)s - n + 1), now() + interval '24 hours'
from account.account, generate_series(1, %(n)s, %(batch)s) as n;

vacuum analyze dispatch.message, account.base_member, dispatch.batch;

checkpoint;
