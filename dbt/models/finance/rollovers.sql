-- One row per recharge that extended what remained and re-rated it (CHARGING 8, 9, 19).

with

movements as (

    select *
    from {{ ref('int_prepaid_movements') }}
    where kind = 'rollover'

),

purchases as (

    select * from {{ ref('stg_purchases') }}

),

lots as (

    select * from {{ ref('prepaid_lots') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

final as (

    select
        accounts.account,
        movements.key as purchase,
        movements.at,
        movements.units as remained,
        purchases.units as bought,
        purchases.rate as new_rate,
        lots.last_valid_day,
        movements.against as old_value,
        movements.deferred as revaluation,
        movements.blended_against as blended_old_value,
        movements.account_id,
        {{ currency_on('movements.account_id', local_day('movements.at', 'accounts.timezone')) }} as currency
    from movements
    inner join accounts
        on movements.account_id = accounts.account_id
    inner join purchases
        on movements.account_id = purchases.account_id
        and movements.key = purchases.business_key
    inner join lots
        on movements.account_id = lots.account_id
        and movements.key = lots.lot

)

select * from final
