-- One row per event of a session with a carrier that tells of an answer, as it was logged.

with

session_event as (

    select * from {{ source('dispatch', 'session_event') }}

),

final as (

    select
        connector_id,
        last_answered_at,
        load_xid
    from session_event
    where last_answered_at is not null

)

select * from final
