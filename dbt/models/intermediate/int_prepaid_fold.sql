-- One row per event of a prepaid account that this build folded: what it did; on the last event of a day also the state that all
-- events so far led to, which is kept as a checkpoint. The fold goes on from the newest checkpoint before the account's stale day.

{{ config(
    pre_hook="set local enable_seqscan = off",
    post_hook=["{{ keep_checkpoints() }}"]
) }}

with

events as (

    select * from {{ ref('int_prepaid_events') }}

),

checkpoints as (

    select * from {{ source('billing', 'prepaid_checkpoint') }}

),

stale as (

    select * from {{ ref('int_stale') }}

),

starts as (

    select
        stale.account_id,
        stale.stale_from,
        coalesce(checkpoint.n, 0) as n,
        checkpoint.state
    from stale
    left join lateral (
        select
            checkpoints.n,
            checkpoints.state
        from checkpoints
        where checkpoints.account_id = stale.account_id
            and checkpoints.day < stale.stale_from
        order by checkpoints.day desc
        limit 1
    ) as checkpoint on true

),

todo as (

    select
        account_id,
        n,
        null::integer as digits,
        null::date as event_day,
        null::date as sent_day,
        null::date as stale_from,
        state as start,
        null::billing.prepaid_event as event
    from starts
    where n > 0

    union all

    select
        starts.account_id,
        event.n,
        event.digits,
        event.event_day,
        event.sent_day,
        starts.stale_from,
        null::billing.prepaid_state as start,
        row(
            event.kind, event.key, event.at, event.units, event.rate, event.value, event.vat_rate, event.recharge_tolerance,
            event.opened_at, event.last_valid_day, event.expires_at, event.usage_key, event.late_from, event.digits
        )::billing.prepaid_event as event
    from starts
    cross join lateral (
        select events.*
        from events
        where events.account_id = starts.account_id
            and events.n > starts.n
        offset 0
    ) as event

),

folded as (

    select
        account_id,
        n,
        digits,
        event_day,
        sent_day,
        stale_from,
        coalesce(event_day <> lead(event_day) over in_order, true) as is_last_of_day,
        billing.prepaid_fold_from(start, event) over in_order as state
    from todo
    window in_order as (
        partition by account_id
        order by n
        rows unbounded preceding
    )

),

final as (

    select
        account_id,
        n,
        digits,
        event_day,
        sent_day,
        (state).movements as movements,
        case when is_last_of_day then state end as state
    from folded
    where event_day >= stale_from

)

select * from final
