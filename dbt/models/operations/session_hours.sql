-- One row per connector and hour in which one of its sessions had an answer from the carrier: in which of its minutes (SLA S1).

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['connector_id', 'hour'],
    on_schema_change='fail',
    meta={'staff_only': true},
    indexes=[{'columns': ['connector_id', 'hour'], 'unique': true}, {'columns': ['read_below']}]
) }}

with

answers as (

    select * from {{ ref('stg_session_answers') }}

),

connectors as (

    select * from {{ ref('stg_connectors') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

-- read again by a build after one that failed, an answer is still in its minute
fresh as (

    select
        answers.connector_id,
        date_trunc('hour', answers.last_answered_at, 'UTC') as hour,
        bit_or(1::bigint << extract(minute from answers.last_answered_at at time zone 'UTC')::integer) as answered
    from answers
    cross join watermark
    {% if is_incremental() %}
        where answers.load_xid >= (select coalesce(max(known.read_below), '0'::xid8) from {{ this }} as known)
            and answers.load_xid < watermark.horizon
    {% else %}
        where answers.load_xid < watermark.horizon
            or (watermark.is_restored and answers.load_xid >= watermark.ceiling)
    {% endif %}
    group by answers.connector_id, date_trunc('hour', answers.last_answered_at, 'UTC')

),

known as (

    {% if is_incremental() %}
        select
            connector_id,
            hour,
            answered
        from {{ this }}
        where hour >= (select min(fresh.hour) from fresh)
    {% else %}
        select
            connector_id,
            hour,
            answered
        from fresh
        where false
    {% endif %}

),

final as (

    select
        connectors.connector,
        fresh.hour,
        {{ count_minutes('fresh.answered | coalesce(known.answered, 0)') }}::integer as minutes,
        fresh.answered | coalesce(known.answered, 0) as answered,
        watermark.horizon as read_below,
        fresh.connector_id
    from fresh
    inner join connectors
        on fresh.connector_id = connectors.connector_id
    cross join watermark
    left join known
        on fresh.connector_id = known.connector_id
        and fresh.hour = known.hour

)

select * from final
