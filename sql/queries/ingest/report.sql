-- What became of a campaign's messages.

-- fates --
-- [message], by line: as bad as the worst of its segments; message states are those of SMPP 3.4 5.2.28.
with

receipt as (

    select ordinal, segment, max(state) filter (where final) as state, max(done_at) filter (where final) as done_at
    from dispatch.receipt_match
    where campaign_id = %(campaign)s
    group by ordinal, segment

),

tried as (

    select
        ordinal,
        segment,
        min(sent_at) filter (where state = 'accepted') as sent_at,
        bool_or(state = 'accepted') as accepted,
        bool_or(state in ('unknown', 'in_doubt')) as unknown,
        max(command_status) filter (where state = 'rejected') as command_status
    from dispatch.attempt
    where campaign_id = %(campaign)s
    group by ordinal, segment

),

segment as (

    select
        tried.*,
        receipt.done_at,
        case
            when not accepted and unknown then 'unknown'
            when not accepted and command_status is not null then 'rejected'
            when not accepted then 'not_sent'
            when receipt.state is null then 'sent'
            when receipt.state = 2 then 'delivered'
            when receipt.state = 3 then 'expired'
            else 'undeliverable'
        end as status
    from tried
    left join receipt using (ordinal, segment)

),

worst as (

    select
        ordinal,
        (array_agg(status order by array_position(
            array['rejected', 'unknown', 'not_sent', 'undeliverable', 'expired', 'sent', 'delivered'], status)))[1] as status,
        max(command_status) filter (where not accepted) as command_status,
        min(sent_at) as sent_at,
        max(done_at) as done_at
    from segment
    group by ordinal

)

select
    message.line,
    case when dropped.reason is not null then 'not_sent' else coalesce(worst.status, 'not_sent') end,
    coalesce(dropped.reason, 'status 0x' || lpad(to_hex(worst.command_status), 8, '0')),
    message.segments,
    worst.sent_at,
    worst.done_at
from dispatch.message
left join worst using (ordinal)
left join dispatch.dropped
    on dropped.campaign_id = message.campaign_id
    and dropped.ordinal = message.ordinal
where message.campaign_id = %(campaign)s
order by message.line;

-- mark_reported --
insert into intake.campaign_event (account_id, campaign_id, kind)
select account_id, campaign_id, 'reported'
from intake.campaign
where campaign_id = %(campaign)s
  and not exists (
    select
    from intake.campaign_event
    where campaign_event.campaign_id = campaign.campaign_id
      and campaign_event.kind = 'reported'
);

-- unreported --
select campaign_id
from intake.campaign
where state = 'completed'
  and not exists (
    select
    from intake.campaign_event
    where campaign_event.campaign_id = campaign.campaign_id
      and campaign_event.kind = 'reported'
)
order by campaign_id;
