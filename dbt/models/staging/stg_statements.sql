-- One row per carrier's statement that was loaded, with the time that it is of; null where nobody said.

with

statement as (

    select
        statement_id,
        connector_id,
        since,
        until,
        load_xid
    from {{ source('dispatch', 'statement') }}

),

final as (

    select * from statement

)

select * from final
