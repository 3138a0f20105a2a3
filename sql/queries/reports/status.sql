-- What runs, what waits, what is held (`outbound status`).

-- workers --
-- Dispatch workers that have not ended: alive while they show it, else to be settled by another one.
select
    worker,
    host,
    pid,
    started_at,
    case when heartbeat_at > clock_timestamp() - interval '30 seconds' then 'alive' else 'silent' end as state,
    round(extract(epoch from clock_timestamp() - heartbeat_at))::integer as seconds_silent,
    (select count(*) from dispatch.batch where batch.epoch_id = epoch.epoch_id and batch.state = 'leased') as batches
from dispatch.epoch
where settled_at is null
order by epoch_id;

-- connectors --
-- sessions: those whose last event is a bind, of workers that are alive. circuit: the worst that one of these sees; null where none runs.
select
    connector.name as connector,
    connector.host || ':' || connector.port as address,
    connector.enabled,
    (
        select count(*)
        from (
            select distinct on (event.epoch_id, event.session) event.kind
            from dispatch.session_event as event
            join dispatch.epoch using (epoch_id)
            where event.connector_id = connector.connector_id
              and event.kind <> 'counters'
              and epoch.ended_at is null
              and epoch.heartbeat_at > clock_timestamp() - interval '30 seconds'
            order by event.epoch_id, event.session, event.session_event_id desc
        ) as last
        where last.kind = 'bind'
    ) as sessions,
    (
        select case
            when bool_or(last.kind = 'circuit_open') then 'circuit_open'
            when bool_or(last.kind = 'circuit_half_open') then 'circuit_half_open'
            when count(*) > 0 then 'circuit_closed'
        end
        from dispatch.epoch
        left join lateral (
            select event.kind
            from dispatch.session_event as event
            where event.connector_id = connector.connector_id
              and event.epoch_id = epoch.epoch_id
              and event.session = -1
              and event.kind in ('circuit_open', 'circuit_half_open', 'circuit_closed')
            order by event.session_event_id desc
            limit 1
        ) as last on true
        where epoch.ended_at is null
          and epoch.heartbeat_at > clock_timestamp() - interval '30 seconds'
    ) as circuit,
    trouble.kind || coalesce(': ' || trouble.reason, '') as last_trouble,
    trouble.at as last_trouble_at
from dispatch.connector
left join lateral (
    select kind, reason, at
    from dispatch.session_event as event
    where event.connector_id = connector.connector_id
      and event.kind in ('bind_refused', 'loss')
    order by at desc
    limit 1
) as trouble on true
order by connector.name;

-- build --
select build_id as build, as_of, started_at, finished_at, coalesce(outcome, 'running') as outcome
from billing.build
order by build_id desc
limit 1;

-- files --
-- Claimed and not answered yet.
select account.name as account, file.kind, count(*) as files, min(file.claimed_at) as oldest
from intake.file
join account.account using (account_id)
where file.state = 'claimed'
group by account.name, file.kind
order by account.name, file.kind;

-- campaigns --
-- Under way, with where their segments stand. Each on its own: the view looks at one campaign's attempts only.
select
    account.name as account,
    campaign.campaign_id as campaign,
    campaign.name,
    campaign.state,
    progress.segments,
    progress.accepted,
    progress.unsent,
    progress.rejected,
    progress.dropped,
    progress.in_doubt,
    progress.unknown,
    progress.final_receipts,
    campaign.scheduled_at,
    campaign.opens_at,
    campaign.closes_at,
    campaign.window_opens,
    campaign.window_closes,
    campaign.quiet_hours,
    account.timezone
from intake.campaign
join account.account using (account_id)
cross join lateral (
    select *
    from dispatch.campaign_progress
    where campaign_progress.campaign_id = campaign.campaign_id
) as progress
where campaign.state in ('accepted', 'paused')
order by campaign.campaign_id;

-- held --
select
    account.name as account,
    campaign.campaign_id as campaign,
    campaign.name,
    coalesce(campaign.held_code, intake.paused_for(campaign)) as code,
    coalesce(
        campaign.held_detail,
        case intake.paused_for(campaign)
            when 'LATE_MANIFEST' then 'its manifest came after it was queued, and nothing was sent yet'
            else 'the units that it relied on expire or expired before all of it was sent'
        end
    ) as why,
    coalesce(
        (
            select max(event.at)
            from intake.campaign_event as event
            where event.campaign_id = campaign.campaign_id
              and event.kind = case campaign.state when 'held' then 'held' else 'paused' end
        ),
        campaign.created_at
    ) as since
from intake.campaign
join account.account using (account_id)
where campaign.state = 'held'
   or intake.paused_for(campaign) in ('LATE_MANIFEST', 'NO_BALANCE')
order by campaign.campaign_id;

-- held_files --
-- Held without a campaign that could be released, unless the same name has come again and was taken.
select
    account.name as account,
    file.file_id as file,
    file.kind,
    file.name,
    file.ack -> 'codes' -> 0 ->> 'code' as code,
    file.answered_at as since
from intake.file
join account.account using (account_id)
where file.outcome = 'held'
  and not exists (select from intake.campaign where campaign.file_id = file.file_id)
  and not exists (
    select
    from intake.file as later
    where later.account_id = file.account_id
      and later.kind = file.kind
      and later.name = file.name
      and later.file_id > file.file_id
      and later.outcome in ('accepted', 'partial')
)
order by file.file_id;

-- doubts --
-- Attempts in doubt, and those that became unknown, by connector: of all attempts whose answer was lost.
select
    connector.name as connector,
    count(*) filter (where coalesce(not (settled.is_final or settled.is_unknown), true)) as in_doubt,
    count(*) filter (where settled.is_unknown and not settled.is_final) as unknown
from dispatch.submission
join dispatch.connector using (connector_id)
left join lateral (
    select
        bool_or(settlement.state in ('accepted', 'not_sent')) as is_final,
        bool_or(settlement.state = 'unknown') as is_unknown
    from dispatch.settlement
    where settlement.campaign_id = submission.campaign_id
      and settlement.ordinal = submission.ordinal
      and settlement.segment = submission.segment
      and settlement.attempt = submission.attempt
) as settled on true
where submission.state = 'in_doubt'
group by connector.name
order by connector.name;

-- unmatched --
select connector.name as connector, count(*) as receipts, min(received_at) as oldest
from dispatch.receipt_unmatched
join dispatch.connector using (connector_id)
group by connector.name
order by connector.name;

-- money --
-- What waits for a person, each with how much of it, since when, and what to do: kind by kind only where there is some.
with

waiting as (

    select
        1 as place,
        'approvals' as what,
        entity.name as whose,
        count(*) as waiting,
        min(approval.proposed_at) as since,
        'somebody else runs the same command: outbound export billing.approvals' as next
    from billing.approval
    join account.legal_entity as entity using (legal_entity_id)
    where approval.approved_by is null
      and approval.expires_at > now()
    group by entity.name
    union all
    select 2, 'bank lines', '(unassigned)', count(*), min(bank_line.value_day)::timestamptz, 'outbound bank unassigned'
    from billing.bank_line
    where not exists (select from account.payment where payment.bank_line_id = bank_line.bank_line_id)
    having count(*) > 0
    union all
    select 3, 'orders', account.name, count(*), min(waiting_order.ordered_at), 'their payment, or outbound order cancel: outbound order list'
    from account.waiting_order
    join account.account using (account_id)
    group by account.name
    union all
    select 4, 'credit drafts', account, count(*), min(proposed_at), 'outbound credit-draft list'
    from billing.draft_credits
    where state = 'draft'
    group by account
    union all
    select 5, 'documents not delivered', account.name, count(*), min(document.issued_at), 'outbound documents deliver'
    from billing.document
    join account.account using (account_id)
    where document.delivered_at is null
      and not document.is_void
    group by account.name
    union all
    select 6, 'notices given up', account.name, count(*), min(delivery.given_up_at), 'outbound notices says why; the people have to be told'
    from billing.notice_delivery as delivery
    join account.account using (account_id)
    where delivery.given_up_at is not null
    group by account.name
    union all
    select
        7,
        'months not closed',
        account.name,
        count(*),
        min(month.ends_at),
        'outbound close-month ' || to_char(min(month.first), 'YYYY-MM')
    from billing.month_to_close as next
    join account.account using (account_id)
    cross join lateral (
        select first, billing.day_start((first + interval '1 month')::date, account.timezone) as ends_at
        from generate_series(next.month, clock_timestamp() at time zone account.timezone, interval '1 month') as first
    ) as month
    where month.ends_at <= clock_timestamp()
    group by account.name

)

select what, whose, waiting, since, next
from waiting
order by place, whose;

-- can_be_rated --
-- Whether the mart of what cannot be charged has been built.
select to_regclass('finance.rating_errors') is not null as is_built;

-- unrated --
select
    'rating errors' as what,
    account as whose,
    count(*) as waiting,
    null::timestamptz as since,
    'a rate, then outbound build: outbound export finance.rating_errors' as next
from finance.rating_errors
group by account
order by account;
