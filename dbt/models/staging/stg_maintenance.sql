-- One row per announcement of maintenance that stands and came 72 hours ahead (SLA S1); connector_id null: of every connector.

with

announced_maintenance as (

    select * from {{ source('dispatch', 'announced_maintenance') }}

),

final as (

    select
        maintenance_id,
        connector_id,
        starts_at,
        ends_at
    from announced_maintenance
    where is_in_time

)

select * from final
