-- One row per postpaid account, local day of charge, zone, local day of submission and whether it was late: the units charged, with the
-- month's tier mode, the scope that their ordinals run on in, and the card they are priced by (CHARGING 26, 27). card_from is null
-- where no card is in force.

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

tiers as (

    select * from {{ ref('stg_rate_tiers') }}

),

terms as (

    select * from {{ ref('stg_terms') }}

),

days as (

    select
        account_id,
        charged_day,
        zone,
        sent_day,
        is_late,
        date_trunc('month', charged_day)::date as month,
        sum(units)::bigint as units
    from charged
    where scheme = 'postpaid'
    group by account_id, charged_day, zone, sent_day, is_late

),

cards as (

    select distinct on (days.account_id, days.zone, days.sent_day)
        days.account_id,
        days.zone,
        days.sent_day,
        tiers.card_from
    from days
    inner join tiers
        on days.account_id = tiers.account_id
        and days.zone = tiers.zone
        and days.sent_day >= tiers.card_from
        and (tiers.card_to is null or days.sent_day < tiers.card_to)
    order by days.account_id, days.zone, days.sent_day, tiers.card_from desc

),

-- a month is billed by the terms of its last local day
final as (

    select
        days.account_id,
        days.month,
        days.charged_day,
        days.zone,
        days.sent_day,
        days.is_late,
        days.units,
        terms.tier_mode,
        case terms.tier_scope when 'zone' then days.zone else '' end as scope,
        cards.card_from
    from days
    inner join terms
        on days.account_id = terms.account_id
        and (days.month + interval '1 month - 1 day')::date >= terms.first_day
        and (terms.last_day is null or (days.month + interval '1 month - 1 day')::date <= terms.last_day)
    left join cards
        on days.account_id = cards.account_id
        and days.zone = cards.zone
        and days.sent_day = cards.sent_day

)

select * from final
