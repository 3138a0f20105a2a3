-- One row per file that was claimed: of a campaign, a base or opt-outs.

with

file as (

    select * from {{ source('intake', 'file') }}

),

final as (

    select
        account_id,
        file_id,
        kind,
        coalesce((ack ->> 'rows')::bigint, 0) as rows,
        stable_at,
        answered_at,
        outcome
    from file

)

select * from final
