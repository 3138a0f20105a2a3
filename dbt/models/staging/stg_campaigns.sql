-- One row per campaign that was accepted.

with

campaign as (

    select * from {{ source('intake', 'campaign') }}

),

final as (

    select
        account_id,
        campaign_id,
        name as campaign,
        messages,
        segments,
        state,
        validity,
        coalesce(eligible_at, accepted_at) as eligible_at,
        accepted_at,
        completed_at
    from campaign
    where accepted_at is not null

)

select * from final
