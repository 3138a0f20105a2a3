-- One row per account, month, hour of first sending, network and connector: what was submitted and what became of it (SLA S3-S11).
-- Sums over a month are the month's figures.

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_stale_sums('int_stale_months', ['month']) }}",
    indexes=[{'columns': ['account_id', 'month', 'hour']}]
) }}

-- depends_on: {{ ref('int_stale_months') }}

with

{{ of_stale_sums('counts', ref('int_hour_outcomes'), ref('int_stale_months'), ['month']) }},

accounts as (

    select * from {{ ref('stg_accounts') }}

),

networks as (

    select * from {{ ref('stg_networks') }}

),

connectors as (

    select * from {{ ref('stg_connectors') }}

),

classes as (

    select * from {{ ref('outcome_classes') }}

),

final as (

    select
        accounts.account,
        counts.month,
        {{ local_day('counts.hour', 'accounts.timezone') }} as day,
        counts.hour,
        networks.operator,
        networks.country,
        connectors.connector,
        sum(counts.messages)::bigint as messages,
        sum(counts.submitted)::bigint as submitted,
        coalesce(sum(counts.messages) filter (where counts.outcome = 'delivered'), 0)::bigint as delivered,
        coalesce(sum(counts.messages) filter (where counts.outcome = 'in_flight'), 0)::bigint as in_flight,
        coalesce(sum(counts.messages) filter (where counts.outcome = 'platform_fault'), 0)::bigint as platform_faults,
        coalesce(sum(counts.messages) filter (where classes.is_excluded), 0)::bigint as excluded,
        coalesce(sum(counts.messages) filter (where not classes.is_excluded), 0)::bigint as counted,
        sum(counts.accepted)::bigint as segments_accepted,
        sum(
            counts.unknown + counts.rejected
            + case
                when counts.drop_reason in ('expired', 'no_route') then counts.dropped
                when counts.drop_reason = 'part_rejected' then counts.dropped - counts.dropped_beside_invalid
                else 0
            end
        )::bigint as segments_failed,
        sum(counts.at_once + counts.in_turn)::bigint as prompt,
        sum(counts.late)::bigint as late,
        sum(counts.fast - counts.unavailable_fast)::bigint as fast,
        coalesce(
            sum(counts.messages - counts.unavailable) filter (where counts.outcome = 'delivered'), 0
        )::bigint as timed,
        sum(counts.awaited)::bigint as receipts_awaited,
        sum(counts.complete)::bigint as receipts_complete,
        sum(counts.receipts)::bigint as receipts,
        sum(counts.relayed)::bigint as relayed,
        counts.account_id
    from counts
    inner join accounts
        on counts.account_id = accounts.account_id
    left join networks
        on counts.network_id = networks.network_id
    left join connectors
        on counts.connector_id = connectors.connector_id
    left join classes
        on counts.outcome = classes.class
    group by
        accounts.account,
        counts.month,
        {{ local_day('counts.hour', 'accounts.timezone') }},
        counts.hour,
        networks.operator,
        networks.country,
        connectors.connector,
        counts.account_id

)

select * from final
