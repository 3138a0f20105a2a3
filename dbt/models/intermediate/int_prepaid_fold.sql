-- One row per event of a prepaid account: what it did; on the account's last event also the state that all of them led to.

with

events as (

    select * from {{ ref('int_prepaid_events') }}

),

folded as (

    select
        account_id,
        n,
        digits,
        event_day,
        sent_day,
        n = max(n) over (partition by account_id) as is_last,
        billing.prepaid_fold(
            row(
                kind, key, at, units, rate, value, vat_rate, recharge_tolerance, opened_at, last_valid_day, expires_at,
                usage_key, late_from, digits
            )::billing.prepaid_event
        ) over (
            partition by account_id
            order by n
            rows unbounded preceding
        ) as state
    from events

),

final as (

    select
        account_id,
        n,
        digits,
        event_day,
        sent_day,
        (state).movements as movements,
        case when is_last then (state).lots end as lots,
        case when is_last then (state).shortfalls end as shortfalls
    from folded

)

select * from final
