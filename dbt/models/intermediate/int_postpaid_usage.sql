-- One row per run of charged units of a postpaid account with consecutive ordinals in their month and scope that one card prices:
-- a day's units of a zone, unless those of another zone or of another day of submission come between (CHARGING 26, 27).

{{ config(
    materialized='incremental',
    incremental_strategy='renew',
    meta={'renewed_by': 'charged_day'},
    indexes=[{'columns': ['account_id', 'charged_day']}],
    pre_hook="{{ by_index() }}"
) }}

with

charged as (

    {{ stale_rows(ref('int_usage'), 'charged_at') | indent(4) }}

),

days as (

    select * from {{ ref('int_postpaid_days') }}

),

stale as (

    select * from {{ ref('int_stale') }}

),

usage as (

    select
        charged.account_id,
        charged.charged_at,
        charged.message_key,
        charged.segment,
        charged.charged_day,
        charged.zone,
        charged.sent_day,
        charged.is_late,
        charged.units,
        days.month,
        days.scope,
        days.tier_mode,
        days.card_from
    from charged
    inner join days
        on charged.account_id = days.account_id
        and charged.charged_day = days.charged_day
        and charged.zone = days.zone
        and charged.sent_day = days.sent_day
        and charged.is_late = days.is_late
    where charged.scheme = 'postpaid'

),

-- what the month had come to before its stale days; made from nothing, every day is stale
before as (

    select
        days.account_id,
        days.month,
        days.scope,
        sum(days.units) as units
    from days
    inner join stale
        on days.account_id = stale.account_id
        and days.charged_day < stale.stale_from
        and days.month = date_trunc('month', stale.stale_from)::date
    {{ 'where false' if not is_incremental() }}
    group by days.account_id, days.month, days.scope

),

broken as (

    select
        *,
        coalesce(
            charged_day <> lag(charged_day) over in_order
            or zone <> lag(zone) over in_order
            or sent_day <> lag(sent_day) over in_order
            or is_late <> lag(is_late) over in_order,
            true
        ) as is_first
    from usage
    window in_order as (
        partition by account_id, month, scope
        order by charged_at, message_key collate "C", segment
    )

),

numbered as (

    select
        *,
        count(*) filter (where is_first) over (
            partition by account_id, month, scope
            order by charged_at, message_key collate "C", segment
            rows unbounded preceding
        ) as run
    from broken

),

runs as (

    select
        account_id,
        month,
        scope,
        run,
        charged_day,
        zone,
        sent_day,
        is_late,
        tier_mode,
        card_from,
        sum(units) as units
    from numbered
    group by account_id, month, scope, run, charged_day, zone, sent_day, is_late, tier_mode, card_from

),

final as (

    select
        runs.account_id,
        runs.month,
        runs.charged_day,
        runs.zone,
        runs.sent_day,
        runs.is_late,
        runs.units::bigint as units,
        runs.tier_mode,
        runs.card_from,
        (coalesce(before.units, 0) + sum(runs.units) over (
            partition by runs.account_id, runs.month, runs.scope
            order by runs.run
            rows unbounded preceding
        ))::bigint as last_ordinal
    from runs
    left join before
        on runs.account_id = before.account_id
        and runs.month = before.month
        and runs.scope = before.scope

)

select * from final
