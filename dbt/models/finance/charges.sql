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

    select
        attempts.account_id,
        attempts.campaign_id,
        attempts.ordinal,
        attempts.segment,
        attempts.attempt,
        attempts.zone,
        attempts.sent_at,
        attempts.sent_at as charged_at
    from attempts
    where not exists (
            select 1
            from late_usage
            where late_usage.account_id = attempts.account_id
                and late_usage.campaign_id = attempts.campaign_id
                and late_usage.ordinal = attempts.ordinal
                and late_usage.segment = attempts.segment
                and late_usage.attempt = attempts.attempt
        )

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

    select
        charged.*,
        accounts.account,
        {{ local_day('charged.sent_at', 'accounts.timezone') }} as sent_day,
        {{ local_day('charged.charged_at', 'accounts.timezone') }} as charged_day
    from charged
    inner join accounts
        on charged.account_id = accounts.account_id

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
        local.charged_at > local.sent_at as is_late,
        terms.scheme,
        local.charged_day
    from local
    inner join terms
        on local.account_id = terms.account_id
        and local.charged_day >= terms.first_day
        and (terms.last_day is null or local.charged_day <= terms.last_day)

)

select * from final
