-- One row per segment that a carrier says it accepted, with the attempt of ours that it is about; is_other: that went elsewhere.

{{ config(materialized='view') }}

with

statement_line as (

    select
        connector_id,
        carrier_message_id,
        accepted_at,
        statement,
        loaded_at,
        campaign_id,
        ordinal,
        segment,
        attempt,
        is_other,
        load_xid
    from {{ source('dispatch', 'statement_line') }}

),

final as (

    select * from statement_line

)

select * from final
