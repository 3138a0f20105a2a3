-- One row per accepted attempt or record of the loaded past that came after its month was closed; it is charged at the start of the
-- first period that was open then (CHARGING 16). What a later close finds here it leaves as it is.

{{ config(
    materialized='incremental',
    indexes=[{'columns': ['account_id', 'charged_at']}, {'columns': ['campaign_id', 'ordinal', 'segment', 'attempt']}],
    pre_hook=["{{ by_index() }}", "{{ forget_unconfirmed() }}"]
) }}

-- depends_on: {{ ref('int_attempts_new') }}
-- depends_on: {{ ref('int_attempts_accepted') }}
with

watermark as (

    select * from {{ ref('watermark') }}

),

attempts as (

    select * from {{ ref('int_attempts_new') if is_incremental() else ref('int_attempts_accepted') }}

),

past_usage as (

    select * from {{ ref('stg_past_usage') }}

),

closed_periods as (

    select * from {{ ref('stg_closed_periods') }}

),

frozen as (

    select
        account_id,
        max(ends_at) as ends_at
    from closed_periods
    group by account_id

),

used as (

    select
        account_id,
        campaign_id,
        ordinal,
        segment,
        attempt,
        null::bigint as past_usage_id,
        zone,
        sent_at,
        recorded_at,
        load_xid
    from attempts

    union all

    select
        account_id,
        null as campaign_id,
        null as ordinal,
        null as segment,
        null as attempt,
        past_usage_id,
        zone,
        at as sent_at,
        recorded_at,
        load_xid
    from past_usage
    {% if is_incremental() -%}
        where read_below > (select watermark.horizon_before from watermark)
    {%- endif %}

),

final as (

    select
        used.account_id,
        used.campaign_id,
        used.ordinal,
        used.segment,
        used.attempt,
        used.past_usage_id,
        used.zone,
        used.sent_at,
        max(closed_periods.ends_at) as charged_at,
        watermark.horizon as found_below
    from used
    inner join frozen
        on used.account_id = frozen.account_id
        and used.sent_at < frozen.ends_at
    inner join closed_periods
        on used.account_id = closed_periods.account_id
        and used.sent_at < closed_periods.ends_at
    cross join watermark
    where billing.came_after(
            used.load_xid, used.recorded_at, closed_periods.horizon, closed_periods.closed_at, closed_periods.cluster
        )
    group by
        used.account_id,
        used.campaign_id,
        used.ordinal,
        used.segment,
        used.attempt,
        used.past_usage_id,
        used.zone,
        used.sent_at,
        watermark.horizon

)

select * from final
