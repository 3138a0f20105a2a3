-- One row per account, metric and day from which a target was agreed.

with

sla_term as (

    select * from {{ source('account', 'sla_term') }}

),

final as (

    select
        account_id,
        metric,
        effective_from,
        target
    from sla_term

)

select * from final
