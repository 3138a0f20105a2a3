-- One row per account, month, local day of submission, zone, card and tier: how many of its units that tier prices (CHARGING 27).
-- Graduated: each unit by its own ordinal; volume: all units by the month's total.

with

usage as (

    select * from {{ ref('int_postpaid_usage') }}

),

tiers as (

    select * from {{ ref('stg_rate_tiers') }}

),

graduated as (

    select
        usage.account_id,
        usage.month,
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

volume as (

    select
        usage.account_id,
        usage.month,
        usage.sent_day,
        usage.is_late,
        usage.zone,
        tiers.card_from,
        tiers.from_unit,
        tiers.rate,
        usage.units as quantity
    from usage
    inner join tiers
        on usage.account_id = tiers.account_id
        and usage.zone = tiers.zone
        and usage.card_from = tiers.card_from
        and usage.month_units >= tiers.from_unit
        and (tiers.to_unit is null or usage.month_units <= tiers.to_unit)
    where usage.tier_mode = 'volume'

),

priced as (

    select * from graduated

    union all

    select * from volume

),

final as (

    select
        account_id,
        month,
        sent_day,
        is_late,
        zone,
        card_from,
        from_unit,
        rate,
        sum(quantity)::bigint as quantity
    from priced
    group by account_id, month, sent_day, is_late, zone, card_from, from_unit, rate

)

select * from final
