-- One row per charged segment (or record of the loaded past) of a postpaid account, with its ordinals in its month
-- and the card that its own local day is priced by (CHARGING 26, 27). card_from is null where no card is in force.

with

usage as (

    select *
    from {{ ref('int_usage') }}
    where scheme = 'postpaid'

),

tiers as (

    select * from {{ ref('stg_rate_tiers') }}

),

terms as (

    select * from {{ ref('stg_terms') }}

),

-- a month is billed by the terms of its last local day
scoped as (

    select
        usage.*,
        date_trunc('month', usage.charged_day)::date as month,
        terms.tier_mode,
        case terms.tier_scope when 'zone' then usage.zone else '' end as scope
    from usage
    inner join terms
        on usage.account_id = terms.account_id
        and (date_trunc('month', usage.charged_day) + interval '1 month - 1 day')::date >= terms.first_day
        and (
            terms.last_day is null
            or (date_trunc('month', usage.charged_day) + interval '1 month - 1 day')::date <= terms.last_day
        )

),

used_days as (

    select distinct
        account_id,
        zone,
        sent_day
    from scoped

),

cards as (

    select distinct on (used_days.account_id, used_days.zone, used_days.sent_day)
        used_days.account_id,
        used_days.zone,
        used_days.sent_day,
        tiers.card_from
    from used_days
    inner join tiers
        on used_days.account_id = tiers.account_id
        and used_days.zone = tiers.zone
        and used_days.sent_day >= tiers.card_from
        and (tiers.card_to is null or used_days.sent_day < tiers.card_to)
    order by used_days.account_id, used_days.zone, used_days.sent_day, tiers.card_from desc

),

final as (

    select
        scoped.account_id,
        scoped.message_key,
        scoped.segment,
        scoped.month,
        scoped.zone,
        scoped.sent_day,
        scoped.is_late,
        scoped.units,
        scoped.tier_mode,
        cards.card_from,
        sum(scoped.units) over (
            partition by scoped.account_id, scoped.month, scoped.scope
            order by scoped.charged_at, scoped.message_key collate "C", scoped.segment
            rows unbounded preceding
        )::bigint as last_ordinal,
        sum(scoped.units) over (partition by scoped.account_id, scoped.month, scoped.scope)::bigint as month_units
    from scoped
    left join cards
        on scoped.account_id = cards.account_id
        and scoped.zone = cards.zone
        and scoped.sent_day = cards.sent_day

)

select * from final
