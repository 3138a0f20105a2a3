-- One row per connector to a carrier.

with

connector as (

    select
        connector_id,
        name
    from {{ source('dispatch', 'connector') }}

),

final as (

    select
        connector_id,
        name as connector
    from connector

)

select * from final
