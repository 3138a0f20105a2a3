-- One row per account, month and metric, S1 to S14 of SLA: what is counted of everything (raw) and without the exclusions, what is left
-- out and why, and what may still come. Months are those of eligible_at in the account's zone, of S2 and S13 those in which a file was
-- complete.

with

month_outcomes as (

    select * from {{ ref('int_month_outcomes') }}

),

punctuality as (

    select * from {{ ref('int_month_punctuality') }}

),

sessions as (

    select * from {{ ref('sla_sessions') }}

),

files as (

    select * from {{ ref('sla_files') }}

),

classes as (

    select * from {{ ref('outcome_classes') }}

),

networks as (

    select * from {{ ref('stg_networks') }}

),

-- S1: minute by minute of each bind group
session_availability as (

    select
        account_id,
        month,
        'S1' as metric,
        sum(minutes - missed) as raw_good,
        sum(minutes) as raw_counted,
        sum(minutes - announced - (missed - missed_announced)) as good,
        sum(minutes - announced) as counted,
        sum(announced) as excluded,
        jsonb_strip_nulls(jsonb_build_object('announced_maintenance', nullif(sum(announced), 0))) as exclusions,
        0 as waiting
    from sessions
    group by account_id, month

),

-- S2: rows of campaigns' files
acceptance as (

    select
        account_id,
        month,
        'S2' as metric,
        sum(accepted) as raw_good,
        sum(presented - still_open) as raw_counted,
        sum(accepted) as good,
        sum(presented - rejected - left_out - held - still_open) as counted,
        sum(rejected + left_out + held) as excluded,
        jsonb_strip_nulls(jsonb_build_object(
            'rejected', nullif(sum(rejected), 0),
            'left_out', nullif(sum(left_out), 0),
            'held', nullif(sum(held), 0)
        )) as exclusions,
        sum(still_open) as waiting
    from files
    where campaign is not null
    group by account_id, month

),

-- S3: what the customer caused is due to nobody; what still waits is not due yet
dues as (

    select
        account_id,
        month,
        accepted,
        unknown,
        rejected,
        invalid,
        case when drop_reason in ('expired', 'no_route') then dropped else 0 end as failed,
        case when drop_reason = 'opted_out' then dropped else 0 end as opted_out,
        case when drop_reason = 'not_in_base' then dropped else 0 end as not_in_base,
        case when drop_reason = 'cancelled' then dropped else 0 end as cancelled,
        case when drop_reason = 'part_rejected' then dropped_beside_invalid else 0 end as invalid_rest,
        case when drop_reason = 'part_rejected' then dropped - dropped_beside_invalid else 0 end as rejected_rest,
        pending
    from month_outcomes

),

submission_success as (

    select
        account_id,
        month,
        'S3' as metric,
        sum(accepted) as raw_good,
        sum(accepted + unknown + rejected + rejected_rest + failed + invalid + invalid_rest + opted_out + not_in_base + cancelled)
            as raw_counted,
        sum(accepted) as good,
        sum(accepted + unknown + rejected + rejected_rest + failed) as counted,
        sum(invalid + invalid_rest + opted_out + not_in_base + cancelled) as excluded,
        jsonb_strip_nulls(jsonb_build_object(
            'invalid', nullif(sum(invalid + invalid_rest), 0),
            'opted_out', nullif(sum(opted_out), 0),
            'not_in_base', nullif(sum(not_in_base), 0),
            'cancelled', nullif(sum(cancelled), 0)
        )) as exclusions,
        sum(pending) as waiting
    from dues
    group by account_id, month

),

-- S4: what waits for its turn at the contracted rate is in time
internal_latency as (

    select
        account_id,
        month,
        'S4' as metric,
        sum(at_once) as raw_good,
        sum(at_once + in_turn + windowed + late + given_up) as raw_counted,
        sum(at_once + in_turn) as good,
        sum(at_once + in_turn + late) as counted,
        sum(windowed + given_up) as excluded,
        jsonb_strip_nulls(jsonb_build_object(
            'above_rate', nullif(sum(in_turn), 0),
            'window', nullif(sum(windowed), 0),
            'opted_out', nullif(coalesce(sum(given_up) filter (where drop_reason = 'opted_out'), 0), 0),
            'not_in_base', nullif(coalesce(sum(given_up) filter (where drop_reason = 'not_in_base'), 0), 0),
            'cancelled', nullif(coalesce(sum(given_up) filter (where drop_reason = 'cancelled'), 0), 0)
        )) as exclusions,
        sum(waiting) as waiting
    from month_outcomes
    group by account_id, month

),

-- S5: campaign by campaign
campaign_punctuality as (

    select
        account_id,
        month,
        'S5' as metric,
        in_time as raw_good,
        in_time + put_off + left_out + late as raw_counted,
        in_time + put_off as good,
        in_time + put_off + late as counted,
        left_out as excluded,
        jsonb_strip_nulls(jsonb_build_object(
            'paused', nullif(paused, 0),
            'held', nullif(held, 0),
            'window', nullif(windowed, 0),
            'above_rate', nullif(queued, 0)
        )) as exclusions,
        waiting
    from punctuality

),

by_outcome as (

    select
        month_outcomes.account_id,
        month_outcomes.month,
        month_outcomes.outcome,
        coalesce(classes.is_excluded, false) as is_excluded,
        coalesce(classes.class is not null and not classes.is_excluded, false) as is_counted,
        sum(month_outcomes.messages) as messages,
        sum(month_outcomes.submitted) as submitted,
        sum(month_outcomes.fast) as fast,
        sum(month_outcomes.unavailable) as unavailable,
        sum(month_outcomes.unavailable_fast) as unavailable_fast
    from month_outcomes
    left join classes
        on month_outcomes.outcome = classes.class
    group by month_outcomes.account_id, month_outcomes.month, month_outcomes.outcome, classes.class, classes.is_excluded

),

raw_delivery as (

    select
        account_id,
        month,
        'S6' as metric,
        coalesce(sum(messages) filter (where outcome = 'delivered'), 0) as raw_good,
        sum(submitted) as raw_counted,
        coalesce(sum(messages) filter (where outcome = 'delivered'), 0) as good,
        sum(submitted) as counted,
        0 as excluded,
        '{}'::jsonb as exclusions,
        coalesce(sum(messages) filter (where outcome = 'in_flight'), 0) as waiting
    from by_outcome
    group by account_id, month

),

-- S7: its raw figure is S6's
adjusted_delivery as (

    select
        account_id,
        month,
        'S7' as metric,
        coalesce(sum(messages) filter (where outcome = 'delivered'), 0) as raw_good,
        sum(submitted) as raw_counted,
        coalesce(sum(messages) filter (where outcome = 'delivered'), 0) as good,
        coalesce(sum(messages) filter (where is_counted), 0) as counted,
        coalesce(sum(messages) filter (where is_excluded), 0) as excluded,
        coalesce(jsonb_object_agg(outcome, messages) filter (where is_excluded), '{}') as exclusions,
        coalesce(sum(messages) filter (where outcome = 'in_flight'), 0) as waiting
    from by_outcome
    group by account_id, month

),

-- S8: what was lost before it was submitted is ours as well
platform_success as (

    select
        account_id,
        month,
        'S8' as metric,
        sum(submitted) - coalesce(sum(submitted) filter (where outcome = 'platform_fault'), 0) as raw_good,
        sum(case when outcome = 'platform_fault' then messages else submitted end) as raw_counted,
        sum(submitted) - coalesce(sum(submitted) filter (where outcome = 'platform_fault'), 0) as good,
        sum(case when outcome = 'platform_fault' then messages else submitted end) as counted,
        0 as excluded,
        '{}'::jsonb as exclusions,
        coalesce(sum(messages) filter (where outcome = 'in_flight'), 0) as waiting
    from by_outcome
    group by account_id, month

),

handset_latency as (

    select
        account_id,
        month,
        'S9' as metric,
        sum(fast) as raw_good,
        coalesce(sum(messages) filter (where outcome = 'delivered'), 0) as raw_counted,
        sum(fast - unavailable_fast) as good,
        coalesce(sum(messages - unavailable) filter (where outcome = 'delivered'), 0) as counted,
        sum(unavailable) as excluded,
        jsonb_strip_nulls(jsonb_build_object('handset_unavailable', nullif(sum(unavailable), 0))) as exclusions,
        coalesce(sum(messages) filter (where outcome = 'in_flight'), 0) as waiting
    from by_outcome
    group by account_id, month

),

awaited as (

    select
        month_outcomes.account_id,
        month_outcomes.month,
        month_outcomes.awaited,
        month_outcomes.complete,
        month_outcomes.unawaited,
        coalesce(networks.receipts, true) as is_told
    from month_outcomes
    left join networks
        on month_outcomes.network_id = networks.network_id

),

receipt_completeness as (

    select
        account_id,
        month,
        'S10' as metric,
        sum(complete) as raw_good,
        sum(awaited) as raw_counted,
        coalesce(sum(complete) filter (where is_told), 0) as good,
        coalesce(sum(awaited) filter (where is_told), 0) as counted,
        coalesce(sum(awaited) filter (where not is_told), 0) as excluded,
        jsonb_strip_nulls(jsonb_build_object(
            'network_without_receipts', nullif(coalesce(sum(awaited) filter (where not is_told), 0), 0)
        )) as exclusions,
        coalesce(sum(unawaited) filter (where is_told), 0) as waiting
    from awaited
    group by account_id, month

),

receipt_relay as (

    select
        account_id,
        month,
        'S11' as metric,
        sum(relayed) as raw_good,
        sum(receipts) as raw_counted,
        sum(relayed) as good,
        sum(receipts) as counted,
        0 as excluded,
        '{}'::jsonb as exclusions,
        0 as waiting
    from month_outcomes
    group by account_id, month

),

-- S12: a second acceptance of a segment is one too many
no_duplicates as (

    select
        account_id,
        month,
        'S12' as metric,
        sum(accepted) as raw_good,
        sum(accepted + duplicates) as raw_counted,
        sum(accepted) as good,
        sum(accepted + duplicates) as counted,
        0 as excluded,
        '{}'::jsonb as exclusions,
        0 as waiting
    from month_outcomes
    group by account_id, month

),

file_turnaround as (

    select
        account_id,
        month,
        'S13' as metric,
        count(*) filter (where turnaround = 'in_time') as raw_good,
        count(*) filter (where turnaround <> 'open') as raw_counted,
        count(*) filter (where turnaround = 'in_time') as good,
        count(*) filter (where turnaround in ('in_time', 'late')) as counted,
        count(*) filter (where turnaround = 'held') as excluded,
        jsonb_strip_nulls(jsonb_build_object('held', nullif(count(*) filter (where turnaround = 'held'), 0))) as exclusions,
        count(*) filter (where turnaround = 'open') as waiting
    from files
    group by account_id, month

),

-- S14: segment by segment, charged xor accepted; nothing to say of a month without either
charging_correctness as (

    select
        account_id,
        month,
        'S14' as metric,
        sum(chargeable) - sum(mischarged) as raw_good,
        sum(chargeable) as raw_counted,
        sum(chargeable) - sum(mischarged) as good,
        sum(chargeable) as counted,
        0 as excluded,
        '{}'::jsonb as exclusions,
        0 as waiting
    from month_outcomes
    group by account_id, month
    having sum(chargeable) + sum(mischarged) > 0

),

final as (

    select * from session_availability

    union all

    select * from acceptance

    union all

    select * from submission_success

    union all

    select * from internal_latency

    union all

    select * from campaign_punctuality

    union all

    select * from raw_delivery

    union all

    select * from adjusted_delivery

    union all

    select * from platform_success

    union all

    select * from handset_latency

    union all

    select * from receipt_completeness

    union all

    select * from receipt_relay

    union all

    select * from no_duplicates

    union all

    select * from file_turnaround

    union all

    select * from charging_correctness

)

select * from final
