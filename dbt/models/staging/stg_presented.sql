-- One row per file of a campaign whose rows were checked: how many, why some cannot be sent, and whether its campaign was queued.
-- A file that was refused and taken again counts as it was read last.

with

campaign as (

    select * from {{ source('intake', 'campaign') }}

),

profile as (

    select * from {{ source('intake', 'profile') }}

),

stops as (

    select
        campaign_id,
        min(at) as stopped_at
    from {{ source('intake', 'campaign_event') }}
    where kind in ('held', 'rejected')
    group by campaign_id

),

final as (

    select distinct on (campaign.file_id)
        campaign.account_id,
        campaign.file_id,
        campaign.campaign_id,
        profile.rows,
        profile.accepted as valid,
        profile.reasons,
        campaign.messages,
        campaign.accepted_at,
        stops.stopped_at
    from campaign
    inner join profile
        on campaign.campaign_id = profile.campaign_id
    left join stops
        on campaign.campaign_id = stops.campaign_id
    order by campaign.file_id, campaign.created_at desc, campaign.campaign_id desc

)

select * from final
