-- One row per message of an accepted campaign: what became of it. Delivered when all its parts are (SLA).

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_stale('campaign') }}",
    post_hook="{{ ripen() }}",
    indexes=[{'columns': ['campaign', 'ordinal'], 'unique': true}, {'columns': ['account_id', 'month']}]
) }}

-- depends_on: {{ ref('int_stale_messages') }}

with

{{ of_stale_messages('fates', ref('int_segment_fates')) }},

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

final as (

    select
        campaigns.account,
        fates.campaign_id as campaign,
        fates.ordinal,
        fates.month,
        fates.outcome,
        fates.accepted > 0 as is_submitted,
        fates.eligible_at,
        fates.first_sent_at,
        fates.final_at,
        fates.network_id,
        fates.segments,
        fates.accepted,
        campaigns.is_mature,
        fates.account_id
    from fates
    inner join campaigns
        on fates.account_id = campaigns.account_id
        and fates.campaign_id = campaigns.campaign_id

)

select * from final
