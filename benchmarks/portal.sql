-- What the portal's benchmark needs beside the days of messages: people, networks, sessions with carriers, bases, a trail of acts.

-- carriers --
with

network as (

    insert into network.network (prefix, operator, country, zone)
    values ('2010', 'Vodafone EG', 'EG', 'EG'), ('2011', 'Etisalat EG', 'EG', 'EG')

),

connector as (

    insert into dispatch.connector (name, host, port, system_id, password, routes, enabled)
    select 'carrier-' || n, '127.0.0.1', 2775, 'bench', '{"value": "bench"}', '["20"]', false
    from generate_series(1, 3) as n

)

insert into dispatch.epoch (worker, host, boot_id, pid, journal, ended_at, settled_at)
values ('w1', 'bench', '-', 1, '-', now(), now());

-- people --
-- Of each account one who may approve and one who may not; of staff two a role. All have one password.
with

person as (

    insert into account.person (account_id, email, name, role)
    select account_id, role || '@' || name || '.example', name || ' ' || role, role
    from account.account
    cross join unnest(array['customer', 'customer_approver']) as role
    union all
    select null, role || '-' || n || '@example.com', role || ' ' || n, role
    from unnest(array['finance', 'manager', 'operator']) as role
    cross join generate_series(1, 2) as n
    returning person_id

)

insert into portal.login (person_id, password_hash)
select person_id, %(password_hash)s
from person;

-- sessions --
-- Counters each minute in which a session had answers, a bind in the morning, a loss now and then.
insert into dispatch.session_event (at, connector_id, epoch_id, session, kind, reason, last_answered_at)
select
    minute.at,
    connector.connector_id,
    1,
    0,
    case when extract(hour from minute.at) = 5 and extract(minute from minute.at) = 0 then 'bind' else 'counters' end,
    null,
    minute.at
from generate_series(%(first)s::timestamptz, %(last)s::timestamptz, interval '1 minute') as minute (at)
cross join dispatch.connector;

-- bases --
insert into account.base_member (account_id, msisdn, consent_date)
select account_id, 201000000000 + account_id * 1000000 + n, '2026-01-01'
from account.account
cross join generate_series(1, %(members)s) as n;

-- opt_outs --
insert into account.opt_out (account_id, msisdn, source)
select account_id, 201000000000 + account_id * 1000000 + n * 20, (array['file', 'portal', 'stop'])[1 + n %% 3]
from account.account
cross join generate_series(1, %(members)s / 20) as n;

-- audit --
-- Ten acts an account and day.
insert into account.audit (at, actor, action, account_id, object, detail)
select
    day.at + act.n * interval '1 hour',
    (array['finance-1@example.com', 'operator-1@example.com', 'root'])[1 + act.n %% 3],
    (array['campaign.pause', 'number.unmask', 'payment', 'purchase'])[1 + act.n %% 4],
    account.account_id,
    act.n::text,
    '{"reason": "of the benchmark"}'
from generate_series(%(first)s::timestamptz, %(last)s::timestamptz, interval '1 day') as day (at)
cross join account.account
cross join generate_series(1, 10) as act (n);

-- batches --
insert into dispatch.batch (account_id, campaign_id, first_ordinal, size, expires_at, state, done_at)
select account_id, campaign_id, first, least(5000, messages - first + 1), completed_at, 'done', completed_at
from intake.campaign
cross join lateral generate_series(1, messages, 5000) as first;

-- events --
insert into intake.campaign_event (account_id, campaign_id, at, kind)
select account_id, campaign_id, received_at + step.n * interval '1 minute', step.kind
from intake.campaign
cross join unnest(array['received', 'validated', 'accepted', 'dispatched', 'completed']) with ordinality as step (kind, n);

-- profiles --
insert into intake.profile (campaign_id, account_id, rows, accepted, rejected, reasons, not_in_base, distinct_numbers, segments,
    max_segments, gsm_messages, ucs2_messages, reject_ratio, not_in_base_ratio, zones, countries, base_is_empty, base_version)
select campaign_id, account_id, rows, rows, 0, '{}', 0, rows, segments, 1, rows, 0, 0, 0, '{}', '{EG}', false, 1
from intake.campaign;

-- customers --
select account.name, account.account_id, person.email
from account.person
join account.account using (account_id)
where person.role = 'customer'
order by account.account_id;

-- direct --
-- The delivery figures of an account's SLA page without the marts: from every attempt and receipt of the month's campaigns.
with

attempts as (

    select
        submission.campaign_id,
        submission.ordinal,
        min(submission.sent_at) as first_sent_at,
        min(submission.network_id) as network_id,
        bool_or(submission.state = 'accepted') as is_accepted
    from dispatch.submission
    join intake.campaign using (campaign_id)
    join account.account on account.account_id = submission.account_id
    where account.name = %(account)s
      and to_char(campaign.eligible_at at time zone account.timezone, 'YYYY-MM') = %(month)s
    group by submission.campaign_id, submission.ordinal

),

receipts as (

    select
        receipt_match.campaign_id,
        receipt_match.ordinal,
        bool_or(receipt_match.state = 2) as is_delivered
    from dispatch.receipt_match
    join attempts using (campaign_id, ordinal)
    where receipt_match.final
    group by receipt_match.campaign_id, receipt_match.ordinal

)

select
    coalesce(network.operator, '?') as operator,
    date_trunc('hour', attempts.first_sent_at at time zone 'Africa/Cairo') as hour,
    count(*) as submitted,
    count(*) filter (where receipts.is_delivered) as delivered
from attempts
left join receipts using (campaign_id, ordinal)
left join network.network using (network_id)
group by 1, 2;
