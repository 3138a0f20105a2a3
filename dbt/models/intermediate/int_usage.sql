-- One row per segment that is charged, or per record of the loaded past (CHARGING 1).
-- charged_at is sent_at, but for what came after its month was closed: the start of the first period open then (CHARGING 16).

with

attempts as (

    select * from {{ ref('int_attempts_accepted') }}

),

past_usage as (

    select * from {{ ref('stg_past_usage') }}

),

closed_periods as (

    select * from {{ ref('stg_closed_periods') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

terms as (

    select * from {{ ref('stg_terms') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

used as (

    select
        account_id,
        campaign_id || ':' || ordinal as message_key,
        segment::integer as segment,
        attempt::integer as attempt,
        campaign_id,
        ordinal,
        zone,
        sent_at,
        1::bigint as units,
        false as is_history,
        load_xid,
        recorded_at
    from attempts

    union all

    select
        account_id,
        business_key as message_key,
        0 as segment,
        1 as attempt,
        null as campaign_id,
        null as ordinal,
        zone,
        at as sent_at,
        units,
        true as is_history,
        load_xid,
        recorded_at
    from past_usage

),

frozen as (

    select
        account_id,
        max(ends_at) as ends_at
    from closed_periods
    group by account_id

),

dated as (

    select
        used.*,
        greatest(used.sent_at, closed.ends_at) as charged_at
    from used
    left join frozen
        on used.account_id = frozen.account_id
    left join lateral (
        select max(closed_periods.ends_at) as ends_at
        from closed_periods
        where closed_periods.account_id = used.account_id
            and closed_periods.ends_at > used.sent_at
            and billing.came_after(
                used.load_xid, used.recorded_at, closed_periods.horizon, closed_periods.closed_at, closed_periods.cluster
            )
    ) as closed on frozen.ends_at > used.sent_at

),

-- the accepted attempt with the earliest sent_at; one that was charged before a close stays charged before what came after it
charged as (

    select distinct on (dated.account_id, dated.message_key, dated.segment) dated.*
    from dated
    cross join watermark
    where dated.charged_at <= watermark.as_of
    order by
        dated.account_id,
        dated.message_key,
        dated.segment,
        dated.charged_at,
        dated.sent_at,
        dated.attempt

),

local as (

    select
        charged.*,
        {{ local_day('charged.sent_at', 'accounts.timezone') }} as sent_day,
        {{ local_day('charged.charged_at', 'accounts.timezone') }} as charged_day
    from charged
    inner join accounts
        on charged.account_id = accounts.account_id

),

final as (

    select
        local.account_id,
        local.message_key,
        local.segment,
        case when local.is_history then local.message_key else local.message_key || ':' || local.segment end as usage_key,
        local.campaign_id,
        local.ordinal,
        local.attempt,
        local.zone,
        local.units,
        local.is_history,
        local.sent_at,
        local.charged_at,
        local.sent_day,
        local.charged_day,
        local.charged_at > local.sent_at as is_late,
        terms.scheme,
        terms.digits
    from local
    inner join terms
        on local.account_id = terms.account_id
        and local.charged_day >= terms.first_day
        and (terms.last_day is null or local.charged_day <= terms.last_day)

)

select * from final
