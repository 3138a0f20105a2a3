-- One row per campaign that was accepted. cancelled_at stays when it is completed.

with

campaign as (

    select * from {{ source('intake', 'campaign') }}

),

cancellations as (

    select
        campaign_id,
        min(at) as cancelled_at
    from {{ source('intake', 'campaign_event') }}
    where kind = 'cancelled'
    group by campaign_id

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
        cancellations.cancelled_at
    from campaign
    left join cancellations
        on campaign.campaign_id = cancellations.campaign_id
    where campaign.accepted_at is not null

)

select * from final
