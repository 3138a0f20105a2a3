-- One row per campaign that was accepted, with what put its sending off. cancelled_at stays when it is completed.

with

campaign as (

    select * from {{ source('intake', 'campaign') }}

),

events as (

    select
        event.campaign_id,
        min(event.at) filter (where event.kind = 'cancelled') as cancelled_at,
        min(event.at) filter (
            where event.kind = 'closed' and event.at >= coalesce(campaign.eligible_at, campaign.accepted_at)
        ) as closed_at,
        bool_or(event.kind = 'resumed') as was_paused,
        bool_or(event.kind = 'released') as was_held
    from {{ source('intake', 'campaign_event') }} as event
    inner join campaign
        on event.campaign_id = campaign.campaign_id
    where event.kind in ('cancelled', 'closed', 'resumed', 'released')
    group by event.campaign_id

),

final as (

    select
        campaign.account_id,
        campaign.campaign_id,
        campaign.name as campaign,
        campaign.messages,
        campaign.segments,
        campaign.state,
        campaign.validity,
        coalesce(campaign.eligible_at, campaign.accepted_at) as eligible_at,
        campaign.accepted_at,
        campaign.completed_at,
        greatest(campaign.received_at, campaign.scheduled_at) as asked_at,
        campaign.rate as own_rate,
        campaign.spread,
        events.cancelled_at,
        events.closed_at,
        case
            when events.was_paused then 'paused'
            when events.was_held then 'held'
            when coalesce(campaign.eligible_at, campaign.accepted_at) > greatest(campaign.received_at, campaign.scheduled_at) then 'window'
        end as put_off_by
    from campaign
    left join events
        on campaign.campaign_id = events.campaign_id
    where campaign.accepted_at is not null

)

select * from final
