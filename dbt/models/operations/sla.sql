-- One row per account, month and metric: S3, S6, S7, S13 and S14 of SLA, raw and adjusted, with what the adjustment leaves out.
-- Months are those of eligible_at in the account's zone, S13's those in which a file was complete; figures are provisional until
-- 72 h after the month's end.

with

campaign_outcomes as (

    select * from {{ ref('int_campaign_outcomes') }}

),

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

classes as (

    select * from {{ ref('outcome_classes') }}

),

default_targets as (

    select * from {{ ref('sla_targets') }}

),

sla_terms as (

    select * from {{ ref('stg_sla_terms') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

files as (

    select * from {{ ref('stg_files') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

outcomes as (

    select
        campaign_outcomes.*,
        campaigns.is_mature
    from campaign_outcomes
    inner join campaigns
        on campaign_outcomes.account_id = campaigns.account_id
        and campaign_outcomes.campaign_id = campaigns.campaign_id

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
    from outcomes

),

submission_success as (

    select
        account_id,
        month,
        'S3' as metric,
        sum(accepted) as good,
        sum(accepted + unknown + rejected + rejected_rest + failed) as counted,
        sum(invalid + invalid_rest + opted_out + not_in_base + cancelled) as excluded,
        jsonb_strip_nulls(jsonb_build_object(
            'invalid', nullif(sum(invalid + invalid_rest), 0),
            'opted_out', nullif(sum(opted_out), 0),
            'not_in_base', nullif(sum(not_in_base), 0),
            'cancelled', nullif(sum(cancelled), 0)
        )) as exclusions,
        sum(pending) > 0 as is_settling,
        true as is_sampled
    from dues
    group by account_id, month

),

by_outcome as (

    select
        outcomes.account_id,
        outcomes.month,
        outcomes.outcome,
        coalesce(classes.is_excluded, false) as is_excluded,
        coalesce(classes.class is not null and not classes.is_excluded, false) as is_counted,
        sum(outcomes.messages) as messages,
        sum(outcomes.submitted) as submitted,
        coalesce(bool_or(outcomes.outcome = 'in_flight' or not outcomes.is_mature), false) as is_settling
    from outcomes
    left join classes
        on outcomes.outcome = classes.class
    group by outcomes.account_id, outcomes.month, outcomes.outcome, classes.class, classes.is_excluded

),

raw_delivery as (

    select
        account_id,
        month,
        'S6' as metric,
        coalesce(sum(messages) filter (where outcome = 'delivered'), 0) as good,
        sum(submitted) as counted,
        0 as excluded,
        '{}'::jsonb as exclusions,
        bool_or(is_settling) as is_settling,
        true as is_sampled
    from by_outcome
    group by account_id, month

),

adjusted_delivery as (

    select
        account_id,
        month,
        'S7' as metric,
        coalesce(sum(messages) filter (where outcome = 'delivered'), 0) as good,
        coalesce(sum(messages) filter (where is_counted), 0) as counted,
        coalesce(sum(messages) filter (where is_excluded), 0) as excluded,
        coalesce(jsonb_object_agg(outcome, messages) filter (where is_excluded), '{}') as exclusions,
        bool_or(is_settling) as is_settling,
        true as is_sampled
    from by_outcome
    group by account_id, month

),

-- S14: segment by segment, charged xor accepted; nothing to say of a month without either
charging_correctness as (

    select
        account_id,
        month,
        'S14' as metric,
        sum(chargeable) - sum(mischarged) as good,
        sum(chargeable) as counted,
        0 as excluded,
        '{}'::jsonb as exclusions,
        false as is_settling,
        false as is_sampled
    from outcomes
    group by account_id, month
    having sum(chargeable) + sum(mischarged) > 0

),

-- S13: five minutes per 100,000 rows, at least five; a file without an answer fails once they are over
dated_files as (

    select
        files.*,
        to_char(files.stable_at at time zone accounts.timezone, 'YYYY-MM') as month,
        files.stable_at + interval '5 minutes' * greatest(files.rows / 100000.0, 1) as due_at,
        least(
            watermark.as_of,
            billing.day_start(
                ({{ local_month('files.stable_at', 'accounts.timezone') }} + interval '1 month')::date, accounts.timezone
            ) + interval '72 hours'
        ) as known_until
    from files
    inner join accounts
        on files.account_id = accounts.account_id
    cross join watermark
    where files.stable_at <= watermark.as_of

),

complete_files as (

    select
        account_id,
        month,
        due_at,
        known_until,
        case when answered_at <= known_until then answered_at end as known_at,
        case when answered_at <= known_until then outcome end as outcome
    from dated_files

),

turnarounds as (

    select
        account_id,
        month,
        coalesce(known_at <= due_at, false) as is_in_time,
        due_at > known_until and known_at is null as is_open,
        coalesce(outcome = 'held', false) as is_held
    from complete_files

),

file_turnaround as (

    select
        account_id,
        month,
        'S13' as metric,
        count(*) filter (where is_in_time) as good,
        count(*) filter (where is_in_time or not (is_open or is_held)) as counted,
        count(*) filter (where not is_in_time and not is_open and is_held) as excluded,
        jsonb_strip_nulls(jsonb_build_object(
            'held', nullif(count(*) filter (where not is_in_time and not is_open and is_held), 0)
        )) as exclusions,
        bool_or(is_open) as is_settling,
        false as is_sampled
    from turnarounds
    group by account_id, month

),

metrics as (

    select * from submission_success

    union all

    select * from raw_delivery

    union all

    select * from adjusted_delivery

    union all

    select * from charging_correctness

    union all

    select * from file_turnaround

),

-- raw: of everything; S7's raw figure is S6's
figures as (

    select
        metrics.*,
        accounts.account,
        accounts.timezone,
        (metrics.month || '-01')::date as first_day,
        case metrics.metric
            when 'S7' then raw_delivery.good::numeric / nullif(raw_delivery.counted, 0)
            else metrics.good::numeric / nullif(metrics.counted + metrics.excluded, 0)
        end as raw,
        metrics.good::numeric / nullif(metrics.counted, 0) as adjusted
    from metrics
    inner join accounts
        on metrics.account_id = accounts.account_id
    left join raw_delivery
        on metrics.account_id = raw_delivery.account_id
        and metrics.month = raw_delivery.month

),

targeted as (

    select
        figures.*,
        coalesce(agreed.target, default_targets.target) as target,
        billing.day_start((figures.first_day + interval '1 month')::date, figures.timezone)
        + interval '72 hours' > watermark.as_of as is_provisional
    from figures
    cross join watermark
    left join default_targets
        on figures.metric = default_targets.metric
    left join lateral (
        select sla_terms.target
        from sla_terms
        where sla_terms.account_id = figures.account_id
            and sla_terms.metric = figures.metric
            and sla_terms.effective_from < (figures.first_day + interval '1 month')::date
        order by sla_terms.effective_from desc
        limit 1
    ) as agreed on true

),

final as (

    select
        account,
        month,
        metric,
        round(raw, 6) as raw,
        round(adjusted, 6) as adjusted,
        exclusions,
        target,
        case
            when counted = 0 then 'no data'
            when is_sampled and counted < 1000 then 'insufficient data'
            when is_settling and is_provisional then 'settling'
            when target is null then 'info'
            when adjusted >= target then 'met'
            else 'breached'
        end as state,
        good::bigint as good,
        counted::bigint as counted,
        excluded::bigint as excluded,
        is_provisional,
        {{ wilson('good', 'counted', '-') }} as at_least,
        {{ wilson('good', 'counted', '+') }} as at_most,
        account_id
    from targeted

)

select * from final
