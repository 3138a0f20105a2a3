-- One row per segment that is charged: the accepted attempt that is charged first, which is the one with the earliest sent_at unless
-- a closed month has charged another (CHARGING 1, 16). A second accepted attempt of the same segment is a defect that S12 counts,
-- never a second charge. What is charged on a day before the account's stale day stays, and is not charged again: the key refuses it.

{{ config(
    materialized='incremental',
    incremental_strategy='renew',
    on_schema_change='fail',
    meta={'renewed_by': 'charged_at'},
    indexes=[
        {'columns': ['account_id', 'campaign', 'ordinal', 'segment'], 'unique': true},
        {'columns': ['account_id', 'charged_at']},
        {'columns': ['account_id', 'sent_at']}
    ],
    pre_hook="{{ by_index() }}",
    post_hook="analyze {{ this }}"
) }}

with

attempts as (

    {{ stale_rows(ref('int_attempts_accepted'), 'sent_at') | indent(4) }}

),

late_usage as (

    {{ stale_rows(ref('int_late_usage'), 'charged_at') | indent(4) }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

terms as (

    select * from {{ ref('stg_terms') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

dated as (

    {{ charged_in_time(
        'attempts',
        key=['campaign_id', 'ordinal', 'segment', 'attempt'],
        columns=['campaign_id', 'ordinal', 'segment', 'attempt', 'zone']
    ) | indent(4) }}

    union all

    select
        account_id,
        campaign_id,
        ordinal,
        segment,
        attempt,
        zone,
        sent_at,
        charged_at
    from late_usage
    where campaign_id is not null

),

charged as (

    select distinct on (dated.account_id, dated.campaign_id, dated.ordinal, dated.segment) dated.*
    from dated
    cross join watermark
    where dated.charged_at <= watermark.as_of
    order by
        dated.account_id,
        dated.campaign_id,
        dated.ordinal,
        dated.segment,
        dated.charged_at,
        dated.sent_at,
        dated.attempt

),

local as (

    {{ on_local_days('charged') | indent(4) }}

),

final as (

    select
        local.account,
        local.campaign_id as campaign,
        local.segment::integer as segment,
        local.sent_at,
        local.zone,
        local.account_id,
        local.ordinal,
        local.attempt::integer as attempt,
        local.charged_at,
        local.sent_day,
        local.is_late,
        local.scheme,
        local.charged_day
    from local

)

select * from final
