-- One row per network that there is or was.

with

network as (

    select
        network_id,
        prefix,
        operator,
        country,
        receipts
    from {{ source('network', 'network') }}

),

final as (

    select * from network

)

select * from final
