-- One row per account, month, local day of submission, zone, card and tier: how many of its units that tier prices (CHARGING 27).
-- Graduated: each unit by its own ordinal; volume: all units by the month's total.

with

graduated as (

    select * from {{ ref('int_graduated_usage') }}

),

days as (

    select *
    from {{ ref('int_postpaid_days') }}
    where tier_mode = 'volume'

),

tiers as (

    select * from {{ ref('stg_rate_tiers') }}

),

totalled as (

    select
        *,
        sum(units) over (partition by account_id, month, scope) as month_units
    from days

),

volume as (

    select
        totalled.account_id,
        totalled.month,
        totalled.sent_day,
        totalled.is_late,
        totalled.zone,
        tiers.card_from,
        tiers.from_unit,
        tiers.rate,
        totalled.units as quantity
    from totalled
    inner join tiers
        on totalled.account_id = tiers.account_id
        and totalled.zone = tiers.zone
        and totalled.card_from = tiers.card_from
        and totalled.month_units >= tiers.from_unit
        and (tiers.to_unit is null or totalled.month_units <= tiers.to_unit)

),

priced as (

    select
        account_id,
        month,
        sent_day,
        is_late,
        zone,
        card_from,
        from_unit,
        rate,
        quantity
    from graduated

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
