-- One row per line that a month without an issued invoice, or a purchase without one, would have (CHARGING 17, 28).

with

months as (

    select *
    from {{ ref('int_billing_months') }}
    where invoice_id is null

),

rated as (

    select * from {{ ref('int_rated_usage') }}

),

purchases as (

    select *
    from {{ ref('stg_purchases') }}
    where not is_history

),

invoices as (

    select *
    from {{ ref('stg_invoices') }}
    where voided_at is null

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
        months.account_id,
        months.month,
        null::bigint as purchase_id,
        case when rated.is_late then 'late_usage' else 'usage' end as kind,
        rated.zone,
        rated.card_from,
        rated.from_unit,
        sum(rated.quantity)::bigint as quantity,
        rated.rate,
        round(sum(rated.quantity) * rated.rate, months.digits) as net,
        months.vat_rate,
        months.digits,
        months.currency
    from months
    inner join rated
        on months.account_id = rated.account_id
        and months.month = rated.month
    group by
        months.account_id,
        months.month,
        months.digits,
        months.vat_rate,
        months.currency,
        rated.is_late,
        rated.zone,
        rated.card_from,
        rated.from_unit,
        rated.rate

),

used_in_all as (

    select
        account_id,
        month,
        sum(net) as net
    from used
    group by account_id, month

),

true_up as (

    select
        months.account_id,
        months.month,
        null::bigint as purchase_id,
        'minimum' as kind,
        null as zone,
        null::date as card_from,
        null::bigint as from_unit,
        0::bigint as quantity,
        null::numeric as rate,
        months.commitment - coalesce(used_in_all.net, 0) as net,
        months.vat_rate,
        months.digits,
        months.currency
    from months
    left join used_in_all
        on months.account_id = used_in_all.account_id
        and months.month = used_in_all.month
    where months.commitment > coalesce(used_in_all.net, 0)

),

bought as (

    select
        purchases.account_id,
        {{ local_month('purchases.at', 'accounts.timezone') }} as month,
        purchases.purchase_id,
        'purchase' as kind,
        null as zone,
        null::date as card_from,
        null::bigint as from_unit,
        purchases.units as quantity,
        purchases.rate,
        round(purchases.units * purchases.rate, terms.digits) as net,
        terms.vat_rate,
        terms.digits,
        terms.currency
    from purchases
    inner join accounts
        on purchases.account_id = accounts.account_id
    inner join terms
        on purchases.account_id = terms.account_id
        and {{ local_day('purchases.at', 'accounts.timezone') }} >= terms.first_day
        and (terms.last_day is null or {{ local_day('purchases.at', 'accounts.timezone') }} <= terms.last_day)
    cross join watermark
    left join invoices
        on purchases.account_id = invoices.account_id
        and purchases.purchase_id = invoices.purchase_id
    where purchases.at <= watermark.as_of
        and invoices.invoice_id is null

),

lines as (

    select * from used

    union all

    select * from true_up

    union all

    select * from bought

),

final as (

    select
        account_id,
        month,
        purchase_id,
        row_number() over (
            partition by account_id, month, purchase_id
            order by array_position(array['usage', 'late_usage', 'minimum', 'purchase'], kind), zone, card_from, from_unit
        ) as n,
        kind,
        zone,
        card_from,
        from_unit,
        quantity,
        rate,
        net,
        vat_rate,
        round(net * vat_rate, digits) as vat,
        currency
    from lines

)

select * from final
