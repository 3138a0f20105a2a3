-- One row per connector, error code and month that is frozen, and with month `current` for every other one: what a receipt's error means.

with

frozen as (

    select * from {{ source('report', 'sla_error') }}

),

seed as (

    select * from {{ ref('outcome_errors') }}

),

final as (

    select
        month,
        connector,
        error_code,
        class
    from frozen

    union all

    select
        'current' as month,
        connector,
        error_code,
        class
    from seed

)

select * from final
