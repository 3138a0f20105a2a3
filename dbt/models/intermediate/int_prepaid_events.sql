-- One row per event of a prepaid account, n in the order of CHARGING 6. Plain use between two other events of a local day is
-- one event: it takes the same units from the same lots (CHARGING 18). Late use, and what a reversal names, stand alone.

{{ config(
    materialized='incremental',
    incremental_strategy='renew',
    meta={'renewed_by': 'event_day'},
    indexes=[{'columns': ['account_id', 'n'], 'unique': true}, {'columns': ['account_id', 'event_day']}],
    pre_hook="{{ by_index() }}"
) }}

with

orders as (

    select * from {{ ref('int_prepaid_orders') }}

),

stale_orders as (

    {{ stale_rows(ref('int_prepaid_orders'), 'event_day') | indent(4) }}

),

usage as (

    {{ stale_rows(ref('int_usage'), 'charged_at') | indent(4) }}

),

terms as (

    select * from {{ ref('stg_terms') }}

),

-- the last event that stays
before as (

    {% if is_incremental() -%}
        select
            stale.account_id,
            kept.n
        from {{ ref('int_stale') }} as stale
        cross join lateral (
            select known.n
            from {{ this }} as known
            where known.account_id = stale.account_id
                and known.event_day < stale.stale_from
            order by known.n desc
            limit 1
        ) as kept
    {%- else -%}
        select
            account_id,
            0 as n
        from orders
        where false
    {%- endif %}

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
    from stale_orders

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
        terms.digits,
        not usage.is_late and orders.usage_key is null as is_plain
    from usage
    inner join terms
        on usage.account_id = terms.account_id
        and usage.charged_day >= terms.first_day
        and (terms.last_day is null or usage.charged_day <= terms.last_day)
    left join orders
        on usage.account_id = orders.account_id
        and usage.usage_key = orders.usage_key
    where usage.scheme = 'prepaid'

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
        grouped.account_id,
        coalesce(before.n, 0) + row_number() over (partition by grouped.account_id order by grouped.place_in_order) as n,
        grouped.kind,
        case when grouped.kind = 'usage' then grouped.usage_key else grouped.key end as key,
        grouped.at,
        grouped.event_day,
        grouped.sent_day,
        grouped.units,
        grouped.rate,
        grouped.value,
        grouped.vat_rate,
        grouped.recharge_tolerance,
        grouped.opened_at,
        grouped.last_valid_day,
        grouped.expires_at,
        case when grouped.kind = 'reversal' then grouped.usage_key end as usage_key,
        grouped.late_from,
        grouped.digits
    from grouped
    left join before
        on grouped.account_id = before.account_id

)

select * from final
