-- One row per message of an accepted campaign: how many of its segments were accepted, why the others were not (SLA S3), what became of
-- the message, delivered when all its parts are, whether it was answered in time (S4), what its receipts tell (S9-S11), how often it was
-- accepted (S12), and how many of its segments are charged and should be (S14).

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_stale() }}",
    indexes=[{'columns': ['campaign_id', 'ordinal'], 'unique': true}]
) }}

-- depends_on: {{ ref('int_stale_messages') }}

with

{{ of_stale_messages('messages', ref('stg_messages')) }},

{{ of_stale_messages('outcomes', ref('int_segment_outcomes')) }},

{{ of_stale_messages('dropped', ref('stg_dropped')) }},

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

tried as (

    select
        account_id,
        campaign_id,
        ordinal,
        min(first_sent_at) as first_sent_at,
        count(*) filter (where is_accepted) as accepted,
        count(*) filter (where not is_accepted and is_unknown) as unknown,
        count(*) filter (where not is_accepted and not is_unknown and is_rejected and not is_invalid) as rejected,
        count(*) filter (where not is_accepted and not is_unknown and is_invalid) as invalid,
        count(*) filter (where outcome = 'delivered') as delivered,
        count(*) filter (where is_accepted and outcome is null) as in_flight,
        (array_agg(outcome order by segment) filter (where outcome <> 'delivered'))[1] as failure,
        max(received_at) as final_at,
        (array_agg(connector_id order by is_accepted desc, segment) filter (where connector_id is not null))[1] as connector_id,
        min(began_at) as began_at,
        max(ended_at) as ended_at,
        max(answered_at) as answered_at,
        count(*) filter (where first_sent_at is not null and answered_at is null) as unanswered,
        sum(duplicates) as duplicates,
        sum(receipts) as receipts,
        sum(relayed) as relayed,
        count(*) filter (where is_awaited) as awaited,
        count(*) filter (where is_complete) as complete,
        bool_or(was_unavailable) as was_unavailable,
        max(latency) as latency,
        (array_agg(error order by segment) filter (where error is not null))[1] as error,
        count(*) filter (where is_chargeable) as chargeable,
        count(*) filter (where is_chargeable <> is_charged) as mischarged
    from outcomes
    group by account_id, campaign_id, ordinal

),

counted as (

    select
        messages.account_id,
        messages.campaign_id,
        messages.ordinal,
        messages.network_id,
        messages.segments::integer as segments,
        campaigns.month,
        campaigns.eligible_at,
        campaigns.closed_at,
        campaigns.turn_at + campaigns.takes * ((messages.ordinal - 1)::double precision / campaigns.messages) as turn_at,
        tried.first_sent_at,
        tried.final_at,
        coalesce(tried.accepted, 0)::integer as accepted,
        coalesce(tried.unknown, 0)::integer as unknown,
        coalesce(tried.rejected, 0)::integer as rejected,
        coalesce(tried.invalid, 0)::integer as invalid,
        coalesce(dropped.segments, 0)::integer as dropped,
        dropped.reason as drop_reason,
        greatest(
            messages.segments - coalesce(tried.accepted, 0) - coalesce(tried.unknown, 0) - coalesce(tried.rejected, 0)
            - coalesce(tried.invalid, 0) - coalesce(dropped.segments, 0),
            0
        )::integer as pending,
        tried.delivered,
        tried.in_flight,
        tried.failure,
        tried.connector_id,
        tried.began_at,
        tried.ended_at,
        tried.answered_at,
        coalesce(tried.unanswered, 0) as unanswered,
        coalesce(tried.duplicates, 0)::integer as duplicates,
        coalesce(tried.receipts, 0)::integer as receipts,
        coalesce(tried.relayed, 0)::integer as relayed,
        coalesce(tried.awaited, 0)::integer as awaited,
        coalesce(tried.complete, 0)::integer as complete,
        coalesce(tried.was_unavailable, false) as was_unavailable,
        tried.latency,
        tried.error,
        coalesce(tried.chargeable, 0)::integer as chargeable,
        coalesce(tried.mischarged, 0)::integer as mischarged
    from messages
    inner join campaigns
        on messages.account_id = campaigns.account_id
        and messages.campaign_id = campaigns.campaign_id
    left join tried
        on messages.account_id = tried.account_id
        and messages.campaign_id = tried.campaign_id
        and messages.ordinal = tried.ordinal
    left join dropped
        on messages.account_id = dropped.account_id
        and messages.campaign_id = dropped.campaign_id
        and messages.ordinal = dropped.ordinal
        and dropped.at <= campaigns.known_until
    where campaigns.is_due

),

final as (

    select
        account_id,
        campaign_id,
        ordinal,
        network_id,
        segments,
        month,
        eligible_at,
        first_sent_at,
        final_at,
        accepted,
        unknown,
        rejected,
        invalid,
        dropped,
        drop_reason,
        pending,
        case
            when delivered = segments then 'delivered'
            when failure is not null then failure
            when in_flight > 0 then 'in_flight'
            when drop_reason in ('expired', 'no_route') then 'platform_fault'
            when drop_reason in ('opted_out', 'cancelled') then drop_reason
            when drop_reason = 'not_in_base' then 'recipient_invalid'
            when pending > 0 then 'in_flight'
            when unknown > 0 then 'unknown_no_dlr'
            when invalid > 0 then 'recipient_invalid'
            else 'rejected'
        end as outcome,
        chargeable,
        mischarged,
        connector_id,
        date_trunc('hour', coalesce(began_at, eligible_at), 'UTC') as hour,
        began_at,
        ended_at,
        answered_at,
        turn_at,
        case
            when pending > 0 then 'waits'
            when drop_reason in ('opted_out', 'not_in_base', 'cancelled') then drop_reason
            when unanswered > 0 or answered_at is null or drop_reason in ('expired', 'no_route') then 'late'
            when answered_at <= eligible_at + interval '10 seconds' then 'at_once'
            when answered_at <= turn_at + interval '10 seconds' then 'in_turn'
            when closed_at <= turn_at + interval '10 seconds' then 'window'
            else 'late'
        end as promptness,
        duplicates,
        receipts,
        relayed,
        awaited,
        complete,
        was_unavailable,
        latency,
        error
    from counted

)

select * from final
