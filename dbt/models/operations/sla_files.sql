-- One row per file that was complete: whether it was answered in time (SLA S13), and of a campaign's how many of its valid rows were
-- accepted (S2). The month is that in which it was complete.

{{ config(indexes=[{'columns': ['account_id', 'month']}]) }}

with

files as (

    select * from {{ ref('stg_files') }}

),

presented as (

    select * from {{ ref('stg_presented') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

reject_reasons as (

    select * from {{ ref('reject_reasons') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

-- five minutes per 100,000 rows, at least five
dated as (

    select
        files.*,
        accounts.account,
        accounts.timezone,
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

known as (

    select
        *,
        case when answered_at <= known_until then answered_at end as known_at,
        case when answered_at <= known_until then outcome end as known_outcome
    from dated

),

-- a file without an answer fails once its time is over
turned as (

    select
        *,
        case
            when known_at <= due_at then 'in_time'
            when known_at is null and due_at > known_until then 'open'
            when known_outcome = 'held' then 'held'
            else 'late'
        end as turnaround
    from known

),

rejected as (

    select
        presented.file_id,
        sum(reason.value::bigint) filter (where coalesce(reject_reasons.counts_against, 'us') = 'customer') as by_customer,
        sum(reason.value::bigint) filter (where coalesce(reject_reasons.counts_against, 'us') <> 'customer') as by_us
    from presented
    cross join lateral jsonb_each_text(presented.reasons) as reason (name, value)
    left join reject_reasons
        on reason.name = reject_reasons.reason
    group by presented.file_id

),

-- rows that were valid and are not queued: left out as the campaign was queued, held for its customer, or ours to explain
counted as (

    select
        turned.*,
        presented.campaign_id,
        presented.rows as presented,
        presented.reasons,
        case when presented.accepted_at <= turned.known_until then presented.messages else 0 end as accepted,
        case when presented.accepted_at <= turned.known_until then presented.valid - presented.messages else 0 end as left_out,
        case
            when presented.accepted_at <= turned.known_until then 0
            when presented.stopped_at <= turned.known_until then presented.valid
            else 0
        end as stopped,
        case
            when presented.accepted_at <= turned.known_until then 0
            when presented.stopped_at <= turned.known_until then 0
            when turned.due_at > turned.known_until then presented.valid
            else 0
        end as still_open,
        coalesce(rejected.by_customer, 0) as rejected_by_customer
    from turned
    left join presented
        on turned.account_id = presented.account_id
        and turned.file_id = presented.file_id
    left join rejected
        on turned.file_id = rejected.file_id

),

final as (

    select
        account,
        file_id as file,
        month,
        {{ local_day('stable_at') }} as day,
        kind,
        stable_at as complete_at,
        rows,
        due_at,
        known_at as answered_at,
        turnaround,
        campaign_id as campaign,
        coalesce(presented, 0)::bigint as presented,
        coalesce(accepted, 0)::bigint as accepted,
        coalesce(rejected_by_customer, 0)::bigint as rejected,
        coalesce(left_out, 0)::bigint as left_out,
        coalesce(stopped, 0)::bigint as held,
        coalesce(still_open, 0)::bigint as still_open,
        coalesce(reasons, '{}') as reasons,
        account_id
    from counted

)

select * from final
