-- One row per event of a prepaid account other than use: openings, purchases, grants, refunds, reversals, and the expiries
-- that their lots' last valid days make possible (CHARGING 4, 6).

with

accounts as (

    select * from {{ ref('stg_accounts') }}

),

terms as (

    select * from {{ ref('stg_terms') }}

),

purchases as (

    select * from {{ ref('stg_purchases') }}

),

adjustments as (

    select * from {{ ref('stg_adjustments') }}

),

openings as (

    select * from {{ ref('stg_openings') }}

),

opening_lots as (

    select * from {{ ref('stg_opening_lots') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

recorded as (

    select
        openings.account_id,
        'opening' as kind,
        'opening:' || opening_lots.n as key,
        row_number() over (
            partition by openings.account_id
            order by opening_lots.opened_at, opening_lots.n
        ) as place,
        openings.at,
        opening_lots.units,
        opening_lots.rate,
        opening_lots.carrying_value as value,
        opening_lots.opened_at,
        opening_lots.last_valid_day,
        null as usage_key
    from openings
    inner join opening_lots
        on openings.account_id = opening_lots.account_id
        and openings.opening_id = opening_lots.opening_id

    union all

    select
        account_id,
        'purchase' as kind,
        business_key as key,
        0 as place,
        at,
        units,
        rate,
        null as value,
        null as opened_at,
        null as last_valid_day,
        null as usage_key
    from purchases

    union all

    select
        account_id,
        kind,
        business_key as key,
        0 as place,
        at,
        units,
        null as rate,
        net as value,
        null as opened_at,
        null as last_valid_day,
        usage_key
    from adjustments

),

local as (

    select
        recorded.*,
        accounts.timezone,
        {{ local_day('recorded.at', 'accounts.timezone') }} as event_day
    from recorded
    inner join accounts
        on recorded.account_id = accounts.account_id
    cross join watermark
    where recorded.at <= watermark.as_of

),

valid as (

    select
        local.*,
        terms.scheme,
        terms.digits,
        terms.vat_rate,
        terms.recharge_tolerance,
        case
            when local.kind in ('purchase', 'grant') then billing.last_valid_day(local.event_day)
            else local.last_valid_day
        end as valid_until
    from local
    inner join terms
        on local.account_id = terms.account_id
        and local.event_day >= terms.first_day
        and (terms.last_day is null or local.event_day <= terms.last_day)

),

dated as (

    select
        valid.*,
        billing.day_start(valid.valid_until + 1, valid.timezone) as expires_at
    from valid
    where valid.scheme = 'prepaid'

),

expiries as (

    select distinct
        dated.account_id,
        greatest(dated.at, dated.expires_at) as at,
        dated.timezone,
        dated.digits
    from dated
    cross join watermark
    where greatest(dated.at, dated.expires_at) <= watermark.as_of

),

final as (

    select
        account_id,
        kind,
        key,
        place,
        at,
        event_day,
        units,
        rate,
        value,
        vat_rate,
        recharge_tolerance,
        opened_at,
        valid_until as last_valid_day,
        expires_at,
        usage_key,
        digits
    from dated

    union all

    select
        account_id,
        'expiry' as kind,
        null as key,
        0 as place,
        at,
        {{ local_day('at') }} as event_day,
        null as units,
        null as rate,
        null as value,
        null as vat_rate,
        null as recharge_tolerance,
        null as opened_at,
        null as last_valid_day,
        null as expires_at,
        null as usage_key,
        digits
    from expiries

)

select * from final
