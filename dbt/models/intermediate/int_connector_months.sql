-- One row per connector, time zone of accounts and month in which its sessions carried traffic: its minutes, those of them without an
-- answer, and those of announced maintenance (SLA S1). What was over for 72 h at this build and the one before stays, unless answers of it
-- were logged late.

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['connector_id', 'timezone', 'month'],
    indexes=[{'columns': ['connector_id', 'month', 'timezone'], 'unique': true}]
) }}

with

counts as (

    select * from {{ ref('int_month_outcomes') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

session_hours as (

    select * from {{ ref('session_hours') }}

),

maintenance as (

    select * from {{ ref('stg_maintenance') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

-- a connector is in service from its first answer on
in_service as (

    select distinct on (connector_id)
        connector_id,
        hour + interval '1 minute' * (length(split_part(reverse(answered::bit(60)::text), '1', 1))) as since
    from session_hours
    order by connector_id, hour

),

news as (

    select
        session_hours.connector_id,
        min(session_hours.hour) as since
    from session_hours
    cross join watermark
    where session_hours.read_below > watermark.horizon_before
    group by session_hours.connector_id

),

used as (

    select distinct
        counts.connector_id,
        accounts.timezone,
        counts.month
    from counts
    inner join accounts
        on counts.account_id = accounts.account_id
    cross join watermark
    left join news
        on counts.connector_id = news.connector_id
    where counts.connector_id is not null
        {% if is_incremental() %}
            and (
                billing.day_start(((counts.month || '-01')::date + interval '1 month')::date, accounts.timezone) + interval '72 hours'
                > least(watermark.as_of, watermark.as_of_before, news.since)
                or not exists (
                    select 1
                    from {{ this }} as known
                    where known.connector_id = counts.connector_id
                        and known.timezone = accounts.timezone
                        and known.month = counts.month
                )
            )
        {% endif %}

),

periods as (

    select
        used.connector_id,
        used.timezone,
        used.month,
        greatest(billing.day_start((used.month || '-01')::date, used.timezone), in_service.since) as starts_at,
        least(
            billing.day_start(((used.month || '-01')::date + interval '1 month')::date, used.timezone),
            date_trunc('minute', watermark.as_of)
        ) as ends_at
    from used
    inner join in_service
        on used.connector_id = in_service.connector_id
    cross join watermark

),

hours as (

    select
        periods.connector_id,
        periods.timezone,
        periods.month,
        hours.hour,
        {{ minutes_mask(
            minute_in('periods.starts_at', 'hours.hour'),
            minute_in('periods.ends_at', 'hours.hour')
        ) }} as counted
    from periods
    cross join
        lateral generate_series(
            date_trunc('hour', periods.starts_at, 'UTC'), periods.ends_at - interval '1 minute', interval '1 hour'
        ) as hours (hour)
    where periods.ends_at > periods.starts_at

),

-- the minutes of an hour that lie in announcements: whole ones
announced as (

    select
        hours.connector_id,
        hours.hour,
        bit_or({{ minutes_mask(
            minute_in('maintenance.starts_at', 'hours.hour', 'ceil'),
            minute_in('maintenance.ends_at', 'hours.hour')
        ) }}) as minutes
    from (
        select distinct
            connector_id,
            hour
        from hours
    ) as hours
    inner join maintenance
        on (maintenance.connector_id is null or maintenance.connector_id = hours.connector_id)
        and maintenance.starts_at < hours.hour + interval '1 hour'
        and maintenance.ends_at > hours.hour
    group by hours.connector_id, hours.hour

),

masked as (

    select
        hours.connector_id,
        hours.timezone,
        hours.month,
        hours.counted,
        hours.counted & ~coalesce(session_hours.answered, 0) as missed,
        coalesce(announced.minutes, 0) as announced
    from hours
    left join session_hours
        on hours.connector_id = session_hours.connector_id
        and hours.hour = session_hours.hour
    left join announced
        on hours.connector_id = announced.connector_id
        and hours.hour = announced.hour

),

final as (

    select
        connector_id,
        timezone,
        month,
        sum({{ count_minutes('counted') }}) as minutes,
        sum({{ count_minutes('missed') }}) as missed,
        sum({{ count_minutes('counted & announced') }}) as announced,
        sum({{ count_minutes('missed & announced') }}) as missed_announced
    from masked
    group by connector_id, timezone, month

)

select * from final
