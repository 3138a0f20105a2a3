-- One row per attempt that a carrier accepted: answered so, or proven later (CHARGING 1). load_xid is that of the proof.

{{ config(materialized='view') }}

with

submissions as (

    select * from {{ ref('stg_submissions') }}

),

settlements as (

    select * from {{ ref('stg_settlements') }}

),

final as (

    select
        submissions.account_id,
        submissions.campaign_id,
        submissions.ordinal,
        submissions.segment,
        submissions.attempt,
        submissions.connector_id,
        submissions.network_id,
        submissions.zone,
        submissions.sent_at,
        coalesce(settlements.settled_at, submissions.answered_at) as recorded_at,
        coalesce(settlements.load_xid, submissions.load_xid) as load_xid
    from submissions
    left join settlements
        on submissions.account_id = settlements.account_id
        and submissions.campaign_id = settlements.campaign_id
        and submissions.ordinal = settlements.ordinal
        and submissions.segment = settlements.segment
        and submissions.attempt = settlements.attempt
        and submissions.state = 'in_doubt'
        and settlements.state = 'accepted'
    where submissions.state = 'accepted'
        or settlements.state = 'accepted'

)

select * from final
