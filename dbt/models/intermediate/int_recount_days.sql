-- One row per account and stretch of local days of submission that the log is counted anew for: all from the stale day on, and older
-- ones that something has come to, or that have usage which is charged on a stale day.

{{ config(pre_hook="{{ seek() }}") }}

with

stale as (

    select * from {{ ref('int_stale') }}

),

attempts as (

    select * from {{ ref('int_attempts_new') }}

),

past_usage as (

    select * from {{ ref('stg_past_usage') }}

),

late_usage as (

    select * from {{ ref('int_late_usage') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

sent as (

    select
        account_id,
        sent_at
    from attempts

    union all

    select
        account_id,
        at as sent_at
    from past_usage
    where read_below > (select watermark.horizon_before from watermark)

    union all

    select
        late_usage.account_id,
        late_usage.sent_at
    from late_usage
    inner join stale
        on late_usage.account_id = stale.account_id
        and late_usage.charged_at >= stale.stale_at

),

older as (

    select distinct
        stale.account_id,
        stale.timezone,
        {{ local_day('sent.sent_at', 'stale.timezone') }} as day
    from sent
    inner join stale
        on sent.account_id = stale.account_id
        and sent.sent_at < stale.stale_at

),

final as (

    select
        account_id,
        stale_from as first_day,
        'infinity'::date as last_day,
        stale_at as starts_at,
        'infinity'::timestamptz as ends_at
    from stale

    union all

    select
        account_id,
        day as first_day,
        day as last_day,
        billing.day_start(day, timezone) as starts_at,
        billing.day_start(day + 1, timezone) as ends_at
    from older

)

select * from final
