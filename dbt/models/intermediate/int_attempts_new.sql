-- One row per attempt that a carrier accepted and that the last good build did not know as accepted.

{{ config(materialized='view') }}

with

watermark as (

    select * from {{ ref('watermark') }}

),

submissions as (

    select * from {{ ref('stg_submissions') }}

),

-- named twice, for what is read twice under one name is read whole
all_submissions as (

    select * from {{ ref('stg_submissions') }}

),

settlements as (

    select *
    from {{ ref('stg_settlements') }}
    where state = 'accepted'

),

answered as (

    select
        account_id,
        campaign_id,
        ordinal,
        segment,
        attempt,
        zone,
        sent_at,
        answered_at as recorded_at,
        load_xid
    from submissions
    where state = 'accepted'
        and read_below > (select watermark.horizon_before from watermark)

),

-- each is looked up, for a join would read the whole log
proven as (

    select
        submission.account_id,
        submission.campaign_id,
        submission.ordinal,
        submission.segment,
        submission.attempt,
        submission.zone,
        submission.sent_at,
        settlements.settled_at as recorded_at,
        settlements.load_xid
    from settlements
    cross join
        lateral (
            select all_submissions.*
            from all_submissions
            where all_submissions.account_id = settlements.account_id
                and all_submissions.campaign_id = settlements.campaign_id
                and all_submissions.ordinal = settlements.ordinal
                and all_submissions.segment = settlements.segment
                and all_submissions.attempt = settlements.attempt
                and all_submissions.state = 'in_doubt'
            limit 1
        ) as submission
    where settlements.read_below > (select watermark.horizon_before from watermark)

),

final as (

    select * from answered

    union all

    select * from proven

)

select * from final
