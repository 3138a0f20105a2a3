-- One row per recipient of a campaign: without the number and the text, which the marts never read.

with

message as (

    select
        account_id,
        campaign_id,
        ordinal,
        segments,
        network_id,
        zone
    from {{ source('dispatch', 'message') }}

),

final as (

    select * from message

)

select * from final
