-- One row per event of a prepaid account, n in the order of CHARGING 6. Plain use between two other events of a local day is
-- one event: it takes the same units from the same lots (CHARGING 18). Late use, and what a reversal names, stand alone.

{{ config(indexes=[{'columns': ['account_id', 'n'], 'unique': true}]) }}

with

orders as (

    select * from {{ ref('int_prepaid_orders') }}

),

usage as (

    select *
    from {{ ref('int_usage') }}
    where scheme = 'prepaid'

),

single as (

    select
        account_id,
        kind,
        key,
        place,
        null::integer as segment,
        at,
        event_day,
        null::date as sent_day,
        units,
        rate,
        value,
        vat_rate,
        recharge_tolerance,
        opened_at,
        last_valid_day,
        expires_at,
        usage_key,
        null::timestamptz as late_from,
        digits,
        false as is_plain
    from orders

    union all

    select
        usage.account_id,
        'usage' as kind,
        usage.message_key as key,
        0 as place,
        usage.segment,
        usage.charged_at as at,
        usage.charged_day as event_day,
        usage.sent_day,
        usage.units,
        null as rate,
        null as value,
        null as vat_rate,
        null as recharge_tolerance,
        null as opened_at,
        null as last_valid_day,
        null as expires_at,
        usage.usage_key,
        case when usage.is_late then usage.sent_at end as late_from,
        usage.digits,
        not usage.is_late and orders.usage_key is null as is_plain
    from usage
    left join orders
        on usage.account_id = orders.account_id
        and usage.usage_key = orders.usage_key

),

stretched as (

    select
        *,
        count(*) filter (where not is_plain) over in_order as stretch,
        row_number() over in_order as place_in_order
    from single
    window in_order as (
        partition by account_id
        order by at, billing.event_rank(kind), place, key collate "C", segment
    )

),

grouped as (

    select
        account_id,
        kind,
        key,
        place_in_order,
        at,
        event_day,
        sent_day,
        units,
        rate,
        value,
        vat_rate,
        recharge_tolerance,
        opened_at,
        last_valid_day,
        expires_at,
        usage_key,
        late_from,
        digits
    from stretched
    where not is_plain

    union all

    select
        account_id,
        'usage' as kind,
        null as key,
        min(place_in_order) as place_in_order,
        min(at) as at,
        event_day,
        event_day as sent_day,
        sum(units)::bigint as units,
        null as rate,
        null as value,
        null as vat_rate,
        null as recharge_tolerance,
        null as opened_at,
        null as last_valid_day,
        null as expires_at,
        null as usage_key,
        null as late_from,
        digits
    from stretched
    where is_plain
    group by account_id, stretch, event_day, digits

),

final as (

    select
        account_id,
        row_number() over (partition by account_id order by place_in_order) as n,
        kind,
        case when kind = 'usage' then usage_key else key end as key,
        at,
        event_day,
        sent_day,
        units,
        rate,
        value,
        vat_rate,
        recharge_tolerance,
        opened_at,
        last_valid_day,
        expires_at,
        case when kind = 'reversal' then usage_key end as usage_key,
        late_from,
        digits
    from grouped

)

select * from final
