-- One row per worth of a currency in another one, from a day of the legal entity on until the next one of the two.

with

fx_rate as (

    select
        currency,
        into_currency,
        effective_from as first_day,
        rate
    from {{ source('network', 'fx_rate') }}

),

final as (

    select * from fx_rate

)

select * from final
