-- One row per charged segment (or record of the loaded past) of a postpaid month and tier that prices it (CHARGING 27, 28).
-- A view: it says of each segment what int_rated_usage sums, for the file that goes out with an invoice.

{{ config(materialized='view') }}

with

priced as (

    select * from {{ ref('int_postpaid_usage') }}

),

usage as (

    select *
    from {{ ref('int_usage') }}
    where scheme = 'postpaid'

),

tiers as (

    select * from {{ ref('stg_rate_tiers') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

final as (

    select
        accounts.account,
        to_char(priced.month, 'YYYY-MM') as month,
        usage.campaign_id as campaign,
        usage.usage_key as usage,
        priced.segment,
        usage.sent_at,
        priced.sent_day,
        priced.is_late,
        priced.zone,
        priced.card_from,
        tiers.from_unit,
        tiers.rate,
        case priced.tier_mode
            when 'volume' then priced.units
            else
                least(priced.last_ordinal, coalesce(tiers.to_unit, priced.last_ordinal))
                - greatest(priced.last_ordinal - priced.units + 1, tiers.from_unit) + 1
        end as quantity,
        priced.last_ordinal as ordinal_in_month,
        usage.ordinal,
        priced.month as month_start,
        priced.account_id
    from priced
    inner join usage
        on priced.account_id = usage.account_id
        and priced.message_key = usage.message_key
        and priced.segment = usage.segment
    inner join accounts
        on priced.account_id = accounts.account_id
    inner join tiers
        on priced.account_id = tiers.account_id
        and priced.zone = tiers.zone
        and priced.card_from = tiers.card_from
        and case priced.tier_mode
            when 'volume' then priced.month_units >= tiers.from_unit and (tiers.to_unit is null or priced.month_units <= tiers.to_unit)
            else
                priced.last_ordinal >= tiers.from_unit
                and (tiers.to_unit is null or priced.last_ordinal - priced.units < tiers.to_unit)
        end

)

select * from final
