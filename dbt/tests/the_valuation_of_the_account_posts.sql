-- Deferred revenue of the ledger is what it comes to in the valuation that the account posts, not in the other one (CHARGING 24).

with

deferred as (

    select * from {{ ref('deferred_revenue') }}

),

valuations as (

    select * from {{ ref('int_valuations') }}

)

select
    deferred.account_id,
    deferred.month,
    valuations.valuation,
    deferred.closing,
    deferred.rerate_value,
    deferred.blended_value
from deferred
left join valuations
    on deferred.account_id = valuations.account_id
where deferred.closing is distinct from
    case valuations.valuation when 'blended' then deferred.blended_value when 'rerate' then deferred.rerate_value end
