-- The last month's deferred revenue of an account is the value of its lots, in either valuation (CHARGING 18, 24).

with

deferred as (

    select distinct on (account_id)
        account_id,
        rerate_value,
        blended_value
    from {{ ref('deferred_revenue') }}
    order by account_id, month desc

),

lots as (

    select
        account_id,
        sum(carrying_value) as carrying_value,
        sum(blended_value) as blended_value
    from {{ ref('prepaid_lots') }}
    group by account_id

)

select
    coalesce(deferred.account_id, lots.account_id) as account_id,
    deferred.rerate_value,
    lots.carrying_value,
    deferred.blended_value,
    lots.blended_value as blended_lots
from deferred
full outer join lots
    on deferred.account_id = lots.account_id
where coalesce(deferred.rerate_value, 0) <> coalesce(lots.carrying_value, 0)
    or coalesce(deferred.blended_value, 0) <> coalesce(lots.blended_value, 0)
