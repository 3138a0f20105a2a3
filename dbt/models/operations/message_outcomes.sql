-- One row per message of an accepted campaign: what became of it. Delivered when all its parts are (SLA).

{{ config(indexes=[{'columns': ['account_id', 'campaign']}]) }}

with

fates as (

    select * from {{ ref('int_segment_fates') }}

),

segments as (

    select * from {{ ref('int_segment_outcomes') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

receipted as (

    select
        account_id,
        campaign_id,
        ordinal,
        count(*) filter (where outcome = 'delivered') as delivered,
        count(*) filter (where outcome is null) as in_flight,
        (array_agg(outcome order by segment) filter (where outcome <> 'delivered'))[1] as failure,
        max(received_at) as final_at
    from segments
    group by account_id, campaign_id, ordinal

),

final as (

    select
        accounts.account,
        fates.campaign_id as campaign,
        fates.ordinal,
        fates.month,
        case
            when receipted.delivered = fates.segments then 'delivered'
            when receipted.failure is not null then receipted.failure
            when receipted.in_flight > 0 then 'in_flight'
            when fates.drop_reason in ('expired', 'no_route') then 'platform_fault'
            when fates.drop_reason in ('opted_out', 'cancelled') then fates.drop_reason
            when fates.drop_reason = 'not_in_base' then 'recipient_invalid'
            when fates.pending > 0 then 'in_flight'
            when fates.unknown > 0 then 'unknown_no_dlr'
            when fates.invalid > 0 then 'recipient_invalid'
            else 'rejected'
        end as outcome,
        fates.accepted > 0 as is_submitted,
        fates.eligible_at,
        fates.first_sent_at,
        receipted.final_at,
        fates.network_id,
        fates.segments,
        fates.accepted,
        fates.eligible_at + interval '72 hours' <= watermark.as_of as is_mature,
        fates.account_id
    from fates
    inner join accounts
        on fates.account_id = accounts.account_id
    cross join watermark
    left join receipted
        on fates.account_id = receipted.account_id
        and fates.campaign_id = receipted.campaign_id
        and fates.ordinal = receipted.ordinal

)

select * from final
