-- One row per campaign that is due: what was submitted of it and what became of that, what is left out and why (SLA S7), how promptly it
-- was sent (S4), whether it went as scheduled (S5), and how often segments were accepted twice (S12).

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook=["{{ forget_stale('campaign', by_message=false) }}", "{{ seek() if is_incremental() }}"],
    indexes=[{'columns': ['campaign'], 'unique': true}, {'columns': ['account_id', 'month']}]
) }}

-- depends_on: {{ ref('int_stale_messages') }}

with

counts as (

    select *
    from {{ ref('int_campaign_outcomes') }}
    {% if is_incremental() %}
        where campaign_id = any(array(select distinct stale.campaign_id from {{ ref('int_stale_messages') }} as stale))
    {% endif %}

),

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

classes as (

    select * from {{ ref('outcome_classes') }}

),

by_outcome as (

    select
        counts.campaign_id,
        counts.outcome,
        coalesce(classes.is_excluded, false) as is_excluded,
        coalesce(not classes.is_excluded, false) as is_counted,
        min(counts.began_at) as began_at,
        max(counts.ended_at) as ended_at,
        coalesce(sum(counts.dropped) filter (where counts.drop_reason in ('expired', 'no_route')), 0) as lost,
        {{ summed_counts() }}
    from counts
    left join classes
        on counts.outcome = classes.class
    group by counts.campaign_id, counts.outcome, classes.is_excluded

),

summed as (

    select
        campaign_id,
        min(began_at) as began_at,
        max(ended_at) as ended_at,
        sum(lost) as lost,
        sum(messages) as messages,
        sum(segments) as segments,
        sum(submitted) as submitted,
        coalesce(sum(messages) filter (where outcome = 'delivered'), 0) as delivered,
        coalesce(sum(messages) filter (where outcome = 'in_flight'), 0) as in_flight,
        coalesce(sum(messages) filter (where is_excluded), 0) as excluded,
        coalesce(jsonb_object_agg(outcome, messages) filter (where is_excluded), '{}') as exclusions,
        coalesce(jsonb_object_agg(outcome, messages) filter (where is_counted and outcome <> 'delivered'), '{}') as failures,
        coalesce(sum(messages) filter (where is_counted), 0) as counted,
        sum(accepted) as accepted,
        sum(duplicates) as duplicates,
        sum(pending) as pending,
        sum(at_once) as at_once,
        sum(in_turn) as in_turn,
        sum(late) as late,
        sum(windowed) as windowed,
        sum(given_up) as given_up,
        sum(waiting) as waiting
    from by_outcome
    group by campaign_id

),

-- a minute to begin, and a tenth more than what it takes at the rate that is agreed, or that its customer chose
limited as (

    select
        summed.*,
        campaigns.account_id,
        campaigns.account,
        campaigns.month,
        campaigns.eligible_at,
        campaigns.asked_at,
        campaigns.closed_at,
        case
            when campaigns.put_off_by = 'nothing' and campaigns.turn_at > campaigns.eligible_at then 'queue'
            else campaigns.put_off_by
        end as put_off_by,
        campaigns.asked_at + interval '60 seconds' as asked_to_begin_by,
        campaigns.eligible_at + interval '60 seconds' as begin_by,
        case
            when campaigns.is_limited then campaigns.asked_at + interval '60 seconds' + campaigns.takes * 1.1::double precision
            else 'infinity'
        end as asked_to_end_by,
        case
            when campaigns.is_limited then campaigns.turn_at + interval '60 seconds' + campaigns.takes * 1.1::double precision
            else 'infinity'
        end as end_by
    from summed
    inner join campaigns
        on summed.campaign_id = campaigns.campaign_id

),

judged as (

    select
        *,
        case
            when pending > 0 then 'waits'
            when began_at is null and lost = 0 then 'nothing_sent'
            when lost = 0 and began_at <= asked_to_begin_by and ended_at <= asked_to_end_by then 'in_time'
            when lost = 0 and began_at <= begin_by and ended_at <= end_by then 'put_off'
            when closed_at < 'infinity' and closed_at <= end_by and began_at <= begin_by then 'left_out'
            else 'late'
        end as punctuality
    from limited

),

final as (

    select
        judged.account,
        judged.campaign_id as campaign,
        judged.month,
        {{ local_day('judged.eligible_at', 'accounts.timezone') }} as day,
        judged.asked_at,
        judged.eligible_at,
        judged.began_at,
        judged.ended_at,
        judged.begin_by,
        nullif(judged.end_by, 'infinity') as end_by,
        judged.punctuality,
        case
            when judged.punctuality = 'left_out' then 'window'
            when judged.punctuality = 'put_off' then judged.put_off_by
        end as put_off_by,
        judged.messages::bigint as messages,
        judged.submitted::bigint as submitted,
        judged.delivered::bigint as delivered,
        judged.in_flight::bigint as in_flight,
        judged.excluded::bigint as excluded,
        judged.exclusions,
        judged.failures,
        judged.counted::bigint as counted,
        judged.at_once::bigint as at_once,
        judged.in_turn::bigint as in_turn,
        judged.late::bigint as late,
        (judged.windowed + judged.given_up)::bigint as not_timed,
        judged.waiting::bigint as waiting,
        judged.segments::bigint as segments,
        judged.accepted::bigint as accepted,
        judged.duplicates::bigint as duplicates,
        judged.account_id
    from judged
    inner join accounts
        on judged.account_id = accounts.account_id

)

select * from final
