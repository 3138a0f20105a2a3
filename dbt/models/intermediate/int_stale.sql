-- One row per account: the local day from which its figures are made anew. What is older stays as the last good build left it.
-- A day is stale where something is new that is charged or happens on it, where the build's instant has moved over it, and where
-- what its figures rest on has changed. After a full refresh, or a restore into another cluster, every day is.

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    indexes=[{'columns': ['account_id'], 'unique': true}],
    pre_hook=["{{ by_index() }}", "{{ forget_all() }}"]
) }}

with

watermark as (

    select * from {{ ref('watermark') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

attempts as (

    select * from {{ ref('int_attempts_new') }}

),

late_usage as (

    select * from {{ ref('int_late_usage') }}

),

past_usage as (

    select * from {{ ref('stg_past_usage') }}

),

submissions as (

    select * from {{ ref('stg_submissions') }}

),

purchases as (

    select * from {{ ref('stg_purchases') }}

),

adjustments as (

    select * from {{ ref('stg_adjustments') }}

),

openings as (

    select * from {{ ref('stg_openings') }}

),

basis as (

    select * from {{ ref('int_basis') }}

),

-- late usage is not charged on its own day: it is in late_new
on_time as (

    select
        attempts.account_id,
        min(attempts.sent_at) as at
    from attempts
    left join late_usage
        on attempts.account_id = late_usage.account_id
        and attempts.campaign_id = late_usage.campaign_id
        and attempts.ordinal = late_usage.ordinal
        and attempts.segment = late_usage.segment
        and attempts.attempt = late_usage.attempt
    where late_usage.account_id is null
    group by attempts.account_id

    union all

    select
        past_usage.account_id,
        min(past_usage.at) as at
    from past_usage
    left join late_usage
        on past_usage.account_id = late_usage.account_id
        and past_usage.past_usage_id = late_usage.past_usage_id
    where late_usage.account_id is null
        and past_usage.read_below > (select watermark.horizon_before from watermark)
    group by past_usage.account_id

),

late_new as (

    select
        account_id,
        min(charged_at) as at
    from late_usage
    where found_below > (select watermark.horizon_before from watermark)
    group by account_id

),

events_new as (

    select
        account_id,
        at
    from purchases
    where read_below > (select watermark.horizon_before from watermark)

    union all

    select
        account_id,
        at
    from adjustments
    where read_below > (select watermark.horizon_before from watermark)

    union all

    select
        account_id,
        at
    from openings
    where read_below > (select watermark.horizon_before from watermark)

),

-- in either of the two bases, and not in both
changed as (

    select
        account_id,
        min(from_day) as from_day
    from (
        select
            account_id,
            what,
            key,
            from_day,
            content
        from basis
        group by account_id, what, key, from_day, content
        having count(*) = 1
    ) as one_sided
    group by account_id

),

-- a usage stands alone in the fold once a reversal names it, which may be long after
reversals as (

    select
        adjustments.account_id,
        adjustments.usage_key
    from adjustments
    inner join accounts
        on adjustments.account_id = accounts.account_id
    cross join watermark
    left join changed
        on adjustments.account_id = changed.account_id
    where adjustments.kind = 'reversal'
        and (
            adjustments.read_below > watermark.horizon_before
            or (
                adjustments.at > least(watermark.as_of, watermark.as_of_before)
                and adjustments.at <= greatest(watermark.as_of, watermark.as_of_highest)
            )
            or {{ local_day('adjustments.at', 'accounts.timezone') }} >= changed.from_day
        )

),

given_back as (

    select
        reversals.account_id,
        coalesce(late_usage.charged_at, submission.sent_at) as at
    from reversals
    cross join
        lateral (
            select submissions.*
            from submissions
            where reversals.usage_key ~ '^\d{1,18}:\d{1,9}:\d{1,4}$'
                and submissions.account_id = reversals.account_id
                and submissions.campaign_id = split_part(reversals.usage_key, ':', 1)::bigint
                and submissions.ordinal = split_part(reversals.usage_key, ':', 2)::integer
                and submissions.segment = split_part(reversals.usage_key, ':', 3)::smallint
            offset 0
        ) as submission
    left join late_usage
        on submission.account_id = late_usage.account_id
        and submission.campaign_id = late_usage.campaign_id
        and submission.ordinal = late_usage.ordinal
        and submission.segment = late_usage.segment
        and submission.attempt = late_usage.attempt

    union all

    select
        reversals.account_id,
        coalesce(late_usage.charged_at, past_usage.at) as at
    from reversals
    inner join past_usage
        on reversals.account_id = past_usage.account_id
        and reversals.usage_key = past_usage.business_key
    left join late_usage
        on past_usage.account_id = late_usage.account_id
        and past_usage.past_usage_id = late_usage.past_usage_id

),

instants as (

    select
        account_id,
        min(at) as at
    from (
        select * from on_time

        union all

        select * from late_new

        union all

        select * from events_new

        union all

        select * from given_back
    ) as every_instant
    group by account_id

),

days as (

    select
        accounts.account_id,
        accounts.timezone,
        case
            when {{ not is_incremental() }} or watermark.as_of_before is null then '-infinity'::date
            else least(
                    {{ local_day('least(watermark.as_of, watermark.as_of_before)', 'accounts.timezone') }},
                    {{ local_day('instants.at', 'accounts.timezone') }},
                    changed.from_day
                )
        end as stale_from
    from accounts
    cross join watermark
    left join instants
        on accounts.account_id = instants.account_id
    left join changed
        on accounts.account_id = changed.account_id

),

final as (

    select
        account_id,
        timezone,
        stale_from,
        billing.day_start(stale_from, timezone) as stale_at
    from days

)

select * from final
