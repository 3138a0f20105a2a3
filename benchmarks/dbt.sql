-- What the build's benchmark fills the operational log with: days of accepted segments, as a dispatch worker would have logged them.

-- accounts --
-- Half of them prepaid with units for ever, half postpaid with three tiers.
with

entity as (

    insert into account.legal_entity (name, country, timezone)
    values ('Benchmark', 'EG', 'Africa/Cairo')
    returning legal_entity_id

),

made as (

    insert into account.account (legal_entity_id, name, default_region, landing, created_at)
    select entity.legal_entity_id, 'account-' || n, 'EG', '/nowhere', '2026-03-01'
    from entity, generate_series(1, %(accounts)s) as n
    returning account_id

),

agreed as (

    insert into account.term (account_id, effective_from, scheme, currency, vat_rate)
    select account_id, '1900-01-01', case when account_id %% 2 = 0 then 'prepaid' else 'postpaid' end, 'EGP', 0.14
    from made

),

priced as (

    insert into account.rate_row (account_id, zone, effective_from, from_unit, rate)
    select account_id, zone, '2026-01-01', tier.from_unit, tier.rate
    from made
    cross join unnest(array['EG', 'SA', 'AE']) as zone
    cross join (values (1, 0.20), (10001, 0.18), (100001, 0.15)) as tier (from_unit, rate)

)

insert into account.purchase (account_id, business_key, at, units, rate, zones, is_history)
select account_id, 'first', '2026-03-01 10:00Z', 1000000000, 0.10, array['EG'], true
from made
where account_id %% 2 = 0;

-- campaigns --
-- One of each account on a local day in Cairo, %(n)s days after the first of all.
with

made as (

    select
        account_id,
        %(n)s * 10000 + account_id as campaign_id,
        %(day)s::timestamp at time zone 'Africa/Cairo' + interval '7 hours' as at,
        (%(segments)s - account_id) / %(accounts)s + 1 as messages
    from account.account

),

file as (

    insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at, state, outcome, ack,
        answered_at, archived_at)
    select account_id, 'campaign', campaign_id::text, 1, 1, sha256(campaign_id::text::bytea), '-', 'command', at, 'answered', 'accepted',
        jsonb_build_object('rows', messages), at + interval '1 minute', at
    from made
    returning file_id, account_id

)

insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender, rows, messages, segments, received_at, accepted_at,
    eligible_at, completed_at)
select campaign_id, account_id, file_id, 'completed', campaign_id::text, 'BENCH', messages, messages, messages, at, at, at,
    at + interval '1 day'
from made
join file using (account_id);

-- partition --
select dispatch.ensure_message_partition(%(n)s * 10000);

-- messages --
insert into dispatch.message (campaign_id, ordinal, account_id, line, msisdn, encoding, segments, network_id, zone)
select
    %(n)s * 10000 + 1 + i %% %(accounts)s,
    1 + i / %(accounts)s,
    1 + i %% %(accounts)s,
    1 + i / %(accounts)s,
    201000000000 + i,
    'gsm',
    1,
    1,
    (array['EG', 'EG', 'EG', 'SA', 'AE'])[1 + i %% 5]
from generate_series(0, %(segments)s - 1) as i;

-- submissions --
-- Of those messages, spread over the day's working hours; one in a thousand is tried twice.
insert into dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, transient, command_status, sent_at, answered_at,
    epoch_id, intent_serial, connector_id, session, sequence, reference, network_id, zone)
select
    1 + segment.i %% %(accounts)s,
    %(n)s * 10000 + 1 + segment.i %% %(accounts)s,
    1 + segment.i / %(accounts)s,
    1,
    attempt.n,
    case when attempt.n < attempts.n then 'rejected'::dispatch.attempt_state else 'accepted' end,
    attempt.n < attempts.n,
    case when attempt.n < attempts.n then 88 else 0 end,
    sent.at + attempt.n * interval '1 second',
    sent.at + attempt.n * interval '1 second' + interval '20 ms',
    1, 1, 1, 1, segment.i, segment.i %% 65536, 1,
    (array['EG', 'EG', 'EG', 'SA', 'AE'])[1 + segment.i %% 5]
from generate_series(0, %(segments)s - 1) as segment (i)
cross join lateral (select %(day)s::timestamp at time zone 'Africa/Cairo' + interval '8 hours'
    + segment.i * (interval '12 hours' / %(segments)s) as at) as sent
cross join lateral (select case when segment.i %% 1000 = 0 then 2 else 1 end as n) as attempts
cross join lateral generate_series(1, attempts.n) as attempt (n);

-- receipts --
-- Of that day for most, of the day before for one in ten; one in a hundred never gets one.
insert into dispatch.receipt_match (receipt_id, received_at, account_id, campaign_id, ordinal, segment, attempt, state, final)
select
    (submission.campaign_id * 1000000 + submission.ordinal) * 10 + submission.attempt,
    greatest(submission.sent_at + interval '10 seconds', %(day)s::timestamp at time zone 'Africa/Cairo' + interval '9 hours'),
    submission.account_id,
    submission.campaign_id,
    submission.ordinal,
    submission.segment,
    submission.attempt,
    case when submission.ordinal %% 20 = 0 then 5 else 2 end,
    true
from dispatch.submission
where submission.state = 'accepted'
  and submission.ordinal %% 100 <> 0
  and submission.sent_at >= (%(day)s::date - 1)::timestamp at time zone 'Africa/Cairo'
  and submission.campaign_id between (%(n)s - 1) * 10000 and %(n)s * 10000 + 9999
  and (submission.campaign_id >= %(n)s * 10000) = (submission.ordinal %% 10 <> 1);

-- fold --
-- The fold alone: single events of one account, the state after each.
select count(state)
from (
    select (billing.prepaid_fold(
        row(kind, null, at, units, 0.10, null, 0.14, 0, null, '2027-03-15', '2027-03-15 22:00Z', null, null, 2)::billing.prepaid_event
    ) over (order by n rows unbounded preceding)).lots as state
    from (
        select
            n,
            case when n %% 10000 = 1 then 'purchase' else 'usage' end as kind,
            '2026-03-01 10:00Z'::timestamptz + n * interval '1 millisecond' as at,
            case when n %% 10000 = 1 then 30000 else 1 end as units
        from generate_series(1, %(events)s) as n
    ) as event
) as folded;
