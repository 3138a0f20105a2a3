-- One row per thing that cannot be charged as it stands; a month with one is not closed, and nothing is charged as zero (CHARGING 26).

with

usage as (

    select * from {{ ref('int_postpaid_days') }}

),

rated as (

    select * from {{ ref('int_rated_usage') }}

),

adjustments as (

    select * from {{ ref('stg_adjustments') }}

),

terms as (

    select * from {{ ref('stg_terms') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

used as (

    select
        account_id,
        month,
        zone,
        sent_day,
        sum(units)::bigint as units
    from usage
    group by account_id, month, zone, sent_day

),

priced as (

    select
        account_id,
        month,
        zone,
        sent_day,
        sum(quantity)::bigint as quantity
    from rated
    group by account_id, month, zone, sent_day

),

unrated as (

    select
        used.account_id,
        used.month,
        case when used.zone = '' then 'NO_ZONE' else 'NO_RATE' end as error,
        used.zone || ' on ' || used.sent_day as subject,
        used.units - coalesce(priced.quantity, 0) as units,
        used.sent_day as day
    from used
    left join priced
        on used.account_id = priced.account_id
        and used.month = priced.month
        and used.zone = priced.zone
        and used.sent_day = priced.sent_day
    where used.units <> coalesce(priced.quantity, 0)

),

-- what was recorded for an account that has no units at all
misplaced as (

    select
        adjustments.account_id,
        {{ local_month('adjustments.at', 'accounts.timezone') }} as month,
        'ADJUSTMENT_OF_POSTPAID' as error,
        adjustments.business_key as subject,
        coalesce(adjustments.units, 0) as units,
        {{ local_day('adjustments.at', 'accounts.timezone') }} as day
    from adjustments
    inner join accounts
        on adjustments.account_id = accounts.account_id
    inner join terms
        on adjustments.account_id = terms.account_id
        and {{ local_day('adjustments.at', 'accounts.timezone') }} >= terms.first_day
        and (terms.last_day is null or {{ local_day('adjustments.at', 'accounts.timezone') }} <= terms.last_day)
    cross join watermark
    where terms.scheme = 'postpaid'
        and adjustments.at <= watermark.as_of

),

errors as (

    select * from unrated

    union all

    select * from misplaced

),

final as (

    select
        accounts.account,
        to_char(errors.month, 'YYYY-MM') as month,
        errors.error,
        errors.subject,
        errors.units,
        errors.account_id,
        errors.day
    from errors
    inner join accounts
        on errors.account_id = accounts.account_id

)

select * from final
