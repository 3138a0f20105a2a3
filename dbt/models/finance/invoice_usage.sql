-- One row per charged segment (or record of the loaded past) of a postpaid month and tier that prices it (CHARGING 27, 28).
-- A view: it says of each segment what int_rated_usage sums, for the file that goes out with an invoice.

{{ config(materialized='view') }}

with

charges as (

    select * from {{ ref('charges') }}

),

past_charges as (

    select * from {{ ref('int_past_charges') }}

),

days as (

    select * from {{ ref('int_postpaid_days') }}

),

tiers as (

    select * from {{ ref('stg_rate_tiers') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

-- without a condition of its own, so that those of a month reach the index of either
charged as (

    select
        account_id,
        campaign,
        ordinal,
        segment,
        campaign || ':' || ordinal as message_key,
        zone,
        1::bigint as units,
        sent_at,
        charged_at,
        sent_day,
        charged_day,
        is_late,
        scheme
    from charges

    union all

    select
        account_id,
        null as campaign,
        null as ordinal,
        0 as segment,
        message_key,
        zone,
        units,
        sent_at,
        charged_at,
        sent_day,
        charged_day,
        is_late,
        scheme
    from past_charges

),

billed as (

    select distinct
        account_id,
        month
    from {{ ref('int_postpaid_days') }}

),

-- a month as instants: by them its segments are found with an index
months as (

    select
        billed.account_id,
        billed.month,
        billing.day_start(billed.month, accounts.timezone) as starts_at,
        billing.day_start((billed.month + interval '1 month')::date, accounts.timezone) as ends_at,
        {{ currency_on('billed.account_id', last_day_of('billed.month')) }} as currency
    from billed
    inner join accounts
        on billed.account_id = accounts.account_id

),

-- every segment has its own ordinal, as in int_postpaid_usage, which numbers them in runs
numbered as (

    select
        days.account_id,
        days.month,
        charged.campaign,
        charged.ordinal,
        charged.segment,
        charged.message_key,
        charged.sent_at,
        charged.sent_day,
        charged.is_late,
        charged.zone,
        charged.units,
        days.card_from,
        days.tier_mode,
        months.currency,
        sum(charged.units) over (
            in_scope
            order by charged.charged_at, charged.message_key collate "C", charged.segment
            rows unbounded preceding
        )::bigint as last_ordinal,
        sum(charged.units) over in_scope as month_units
    from charged
    inner join months
        on charged.account_id = months.account_id
        and charged.charged_at >= months.starts_at
        and charged.charged_at < months.ends_at
    inner join days
        on charged.account_id = days.account_id
        and months.month = days.month
        and charged.charged_day = days.charged_day
        and charged.zone = days.zone
        and charged.sent_day = days.sent_day
        and charged.is_late = days.is_late
    where charged.scheme = 'postpaid'
    window in_scope as (partition by days.account_id, days.month, days.scope)

),

final as (

    select
        accounts.account,
        to_char(numbered.month, 'YYYY-MM') as month,
        numbered.campaign,
        case
            when numbered.campaign is null then numbered.message_key
            else numbered.message_key || ':' || numbered.segment
        end as usage,
        numbered.segment,
        numbered.sent_at,
        numbered.sent_day,
        numbered.is_late,
        numbered.zone,
        numbered.card_from,
        tiers.from_unit,
        tiers.rate,
        case numbered.tier_mode
            when 'volume' then numbered.units
            else
                least(numbered.last_ordinal, coalesce(tiers.to_unit, numbered.last_ordinal))
                - greatest(numbered.last_ordinal - numbered.units + 1, tiers.from_unit) + 1
        end as quantity,
        numbered.last_ordinal as ordinal_in_month,
        numbered.ordinal,
        numbered.month as month_start,
        numbered.account_id,
        numbered.currency
    from numbered
    inner join accounts
        on numbered.account_id = accounts.account_id
    inner join tiers
        on numbered.account_id = tiers.account_id
        and numbered.zone = tiers.zone
        and numbered.card_from = tiers.card_from
        and case numbered.tier_mode
            when 'volume' then numbered.month_units >= tiers.from_unit and (tiers.to_unit is null or numbered.month_units <= tiers.to_unit)
            else
                numbered.last_ordinal >= tiers.from_unit
                and (tiers.to_unit is null or numbered.last_ordinal - numbered.units < tiers.to_unit)
        end

)

select * from final
