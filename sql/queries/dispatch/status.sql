-- What runs, what waits and what is in doubt, for people (`outbound dispatch status`). The submission log is never read as a
-- whole: what was accepted follows from the intents, a row for up to a thousand attempts, and from the attempts that were not.

-- workers --
select
    epoch_id as epoch, worker, host, pid, started_at,
    case when heartbeat_at > clock_timestamp() - interval '30 seconds' then 'alive' else 'silent' end as state,
    round(extract(epoch from clock_timestamp() - heartbeat_at))::integer as seconds_silent,
    (select count(*) from dispatch.batch where batch.epoch_id = epoch.epoch_id and batch.state = 'leased') as batches
from dispatch.epoch
where settled_at is null
order by epoch_id;

-- recent --
-- Attempts a second of late, by connector and campaign: the last intents of each worker that lives.
with lately as (
    select intent.connector_id, intent.campaign_id, cardinality(intent.ordinals) as attempts, intent.intended_at
    from dispatch.epoch
    cross join lateral (
        select connector_id, campaign_id, ordinals, intended_at
        from dispatch.intent
        where intent.epoch_id = epoch.epoch_id
        order by serial desc
        limit 2000
    ) as intent
    where epoch.settled_at is null
      and intent.intended_at > clock_timestamp() - make_interval(secs => %(seconds)s)
)

select
    connector_id,
    campaign_id,
    (sum(attempts) / (
        select greatest(1, least(%(seconds)s, extract(epoch from clock_timestamp() - min(intended_at)))) from lately
    ))::float8 as speed
from lately
group by connector_id, campaign_id;

-- connectors --
-- sessions: those whose last event is a bind, of workers that are alive. circuit: the worst that one of these found. in_doubt: as
-- long as a doubt can last.
select
    connector.connector_id,
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
              and epoch.settled_at is null
              and epoch.heartbeat_at > clock_timestamp() - interval '30 seconds'
            order by event.epoch_id, event.session, event.session_event_id desc
        ) as last
        where last.kind = 'bind'
    ) as sessions,
    (
        select case
            when bool_or(last.kind = 'circuit_open') then 'open'
            when bool_or(last.kind = 'circuit_half_open') then 'half open'
            else 'closed'
        end
        from (
            select distinct on (event.epoch_id) event.kind
            from dispatch.session_event as event
            join dispatch.epoch using (epoch_id)
            where event.connector_id = connector.connector_id
              and event.kind in ('circuit_open', 'circuit_half_open', 'circuit_closed')
              and epoch.settled_at is null
              and epoch.heartbeat_at > clock_timestamp() - interval '30 seconds'
            order by event.epoch_id, event.session_event_id desc
        ) as last
    ) as circuit,
    connector.rate as contract,
    (
        select count(*)
        from dispatch.doubt
        where doubt.connector_id = connector.connector_id
          and doubt.sent_at > now() - interval '40 days'
    ) as in_doubt,
    (select count(*) from dispatch.receipt_unmatched where receipt_unmatched.connector_id = connector.connector_id) as unmatched_receipts,
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

-- campaigns --
-- Not completed, segment by segment. in_flight: intended, without a committed end; they are among those unsent.
with intended as (
    select sum(cardinality(intent.ordinals)) as attempts, batch.campaign_id
    from intake.campaign
    join dispatch.batch using (campaign_id)
    join dispatch.intent using (batch_id)
    where campaign.accepted_at is not null
      and campaign.completed_at is null
    group by batch.campaign_id
),

open as (
    select count(*) as attempts, intent.campaign_id
    from dispatch.epoch
    join dispatch.intent
        on intent.epoch_id = epoch.epoch_id
        and intent.serial >= coalesce((
            select open_from
            from dispatch.group_commit
            where group_commit.epoch_id = epoch.epoch_id
            order by group_commit.serial desc
            limit 1
        ), 0)
    cross join lateral unnest(intent.ordinals, intent.segments, intent.attempts) as entry (ordinal, segment, attempt)
    where epoch.settled_at is null
      and not exists (
        select
        from dispatch.submission
        where submission.campaign_id = intent.campaign_id
          and submission.ordinal = entry.ordinal
          and submission.segment = entry.segment
          and submission.attempt = entry.attempt
        offset 0  -- looked up one by one: never by reading the log
    )
    group by intent.campaign_id
),

-- attempts that the carrier did not accept at once, and what proof made of them
other as (
    select
        submission.campaign_id,
        count(*) as attempts,
        count(*) filter (where submission.state = 'rejected' and not submission.transient) as rejected,
        count(*) filter (where submission.state = 'in_doubt' and proof.states is null) as in_doubt,
        count(*) filter (where proof.states = array['unknown']) as unknown,
        count(*) filter (where proof.states @> array['accepted'] and not proof.sent_again) as accepted
    from intake.campaign
    join dispatch.submission using (campaign_id)
    left join lateral (
        select
            array_agg(distinct settlement.state::text) as states,
            -- it counts once, however often a carrier accepted it
            exists (
                select
                from dispatch.submission as again
                where again.campaign_id = submission.campaign_id
                  and again.ordinal = submission.ordinal
                  and again.segment = submission.segment
                  and again.state = 'accepted'
            ) as sent_again
        from dispatch.settlement
        where submission.state = 'in_doubt'
          and settlement.campaign_id = submission.campaign_id
          and settlement.ordinal = submission.ordinal
          and settlement.segment = submission.segment
          and settlement.attempt = submission.attempt
    ) as proof on true
    where campaign.accepted_at is not null
      and campaign.completed_at is null
      and submission.state in ('rejected', 'in_doubt', 'not_sent')
    group by submission.campaign_id
),

dropped as (
    select dropped.campaign_id, sum(dropped.segments)::bigint as segments
    from intake.campaign
    join dispatch.dropped using (campaign_id)
    where campaign.accepted_at is not null
      and campaign.completed_at is null
    group by dropped.campaign_id
),

waiting as (
    select batch.campaign_id, max(batch.not_before) as last_due
    from dispatch.batch
    where batch.state <> 'done'
    group by batch.campaign_id
),

figures as (
    select
        campaign.*,
        coalesce(intended.attempts, 0) - coalesce(open.attempts, 0) - coalesce(other.attempts, 0) + coalesce(other.accepted, 0) as accepted,
        coalesce(other.in_doubt, 0) as in_doubt,
        coalesce(other.unknown, 0) as unknown,
        coalesce(other.rejected, 0) as rejected,
        coalesce(dropped.segments, 0) as dropped,
        coalesce(open.attempts, 0) as in_flight,
        greatest(waiting.last_due, campaign.opens_at) as last_due
    from intake.campaign
    left join intended using (campaign_id)
    left join open using (campaign_id)
    left join other using (campaign_id)
    left join dropped using (campaign_id)
    left join waiting using (campaign_id)
    where campaign.accepted_at is not null
      and campaign.completed_at is null
)

select
    account.name as account, figures.campaign_id as campaign,
    case
        when figures.state = 'accepted' and not (now() >= figures.opens_at and now() < figures.closes_at) then 'closed'
        else figures.state
    end as state,
    figures.segments, figures.accepted, figures.rejected, figures.in_doubt, figures.unknown, figures.dropped,
    figures.segments - figures.accepted - figures.rejected - figures.in_doubt - figures.unknown - figures.dropped as unsent,
    figures.in_flight,
    figures.last_due
from figures
join account.account using (account_id)
order by figures.campaign_id;

-- backlog --
-- Messages of batches that are not done, by what they wait for.
select
    case
        when batch.state = 'leased' and batch.broken then 'cannot be sent'
        when batch.state = 'leased' then 'with a worker'
        when campaign.state in ('paused', 'cancelled') then campaign.state
        when intake.standing(campaign) = 'closed' then 'window closed'
        when batch.not_before > now() then 'scheduled'
        else 'ready'
    end as waits,
    count(*) as batches,
    sum(batch.size)::bigint as messages,
    min(batch.not_before) as since
from dispatch.batch
join intake.campaign using (campaign_id)
where batch.state <> 'done'
group by 1
order by 1;
