-- What runs, what waits and what is in doubt, for people (`outbound dispatch status`).

-- workers --
select
    worker, host, pid, started_at,
    round(extract(epoch from clock_timestamp() - heartbeat_at))::integer as seconds_silent,
    (select count(*) from dispatch.batch where batch.epoch_id = epoch.epoch_id and batch.state = 'leased') as batches
from dispatch.epoch
where settled_at is null
order by epoch_id;

-- connectors --
select
    connector.name as connector,
    connector.host || ':' || connector.port as address,
    case when connector.enabled then 'on' else 'off' end as switched,
    last.kind as last_event,
    last.at,
    last.reason
from dispatch.connector
left join lateral (
    select session_event.kind, session_event.at, session_event.reason
    from dispatch.session_event
    where session_event.connector_id = connector.connector_id
    order by session_event.at desc
    limit 1
) as last on true
order by connector.name;

-- campaigns --
select
    account.name as account, campaign.campaign_id as campaign, campaign.state, progress.segments, progress.accepted,
    progress.unsent, progress.in_doubt, progress.unknown, progress.rejected, progress.dropped, progress.final_receipts
from dispatch.campaign_progress as progress
join intake.campaign using (campaign_id)
join account.account on account.account_id = campaign.account_id
where campaign.completed_at is null
order by campaign.campaign_id;

-- receipts --
select
    connector.name as connector, count(*) as unmatched_receipts, min(received_at) as oldest
from dispatch.receipt_unmatched
join dispatch.connector using (connector_id)
group by connector.name
order by connector.name;
