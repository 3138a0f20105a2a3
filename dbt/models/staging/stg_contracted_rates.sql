-- One row per account and local day from which a rate was contracted.

with

contracted_rate as (

    select * from {{ source('account', 'contracted_rate') }}

),

final as (

    select
        account_id,
        effective_from,
        lead(effective_from) over (partition by account_id order by effective_from) as effective_to,
        rate
    from contracted_rate

)

select * from final
