-- One row per price that a carrier asks for a segment, of the networks that it names, from a day of the legal entity on.

with

buy_rate as (

    select
        connector_id,
        network,
        effective_from as first_day,
        effective_to as end_day,
        per,
        currency,
        rate
    from {{ source('network', 'buy_rate') }}

),

final as (

    select * from buy_rate

)

select * from final
