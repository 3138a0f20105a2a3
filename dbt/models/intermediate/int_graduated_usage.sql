-- One row per account, local day of charge, zone, local day of submission, card and tier: how many of its units that tier prices,
-- each unit by its own ordinal (CHARGING 27).

{{ config(
    materialized='incremental',
    incremental_strategy='renew',
    meta={'renewed_by': 'charged_day'},
    indexes=[{'columns': ['account_id', 'charged_day']}],
    pre_hook="{{ by_index() }}"
) }}

with

usage as (

    {{ stale_rows(ref('int_postpaid_usage'), 'charged_day') | indent(4) }}

),

tiers as (

    select * from {{ ref('stg_rate_tiers') }}

),

priced as (

    select
        usage.account_id,
        usage.month,
        usage.charged_day,
        usage.sent_day,
        usage.is_late,
        usage.zone,
        tiers.card_from,
        tiers.from_unit,
        tiers.rate,
        least(usage.last_ordinal, coalesce(tiers.to_unit, usage.last_ordinal))
        - greatest(usage.last_ordinal - usage.units + 1, tiers.from_unit) + 1 as quantity
    from usage
    inner join tiers
        on usage.account_id = tiers.account_id
        and usage.zone = tiers.zone
        and usage.card_from = tiers.card_from
        and usage.last_ordinal >= tiers.from_unit
        and (tiers.to_unit is null or usage.last_ordinal - usage.units < tiers.to_unit)
    where usage.tier_mode = 'graduated'

),

final as (

    select
        account_id,
        month,
        charged_day,
        sent_day,
        is_late,
        zone,
        card_from,
        from_unit,
        rate,
        sum(quantity)::bigint as quantity
    from priced
    group by account_id, month, charged_day, sent_day, is_late, zone, card_from, from_unit, rate

)

select * from final
