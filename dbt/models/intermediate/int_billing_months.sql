-- One row per postpaid account and local month up to the build's instant: the terms of its last local day, when it begins and
-- ends, and the invoice that was issued for it (CHARGING 2, 26).

with

accounts as (

    select * from {{ ref('stg_accounts') }}

),

terms as (

    select * from {{ ref('stg_terms') }}

),

usage as (

    select * from {{ ref('int_postpaid_days') }}

),

invoices as (

    select * from {{ ref('stg_invoices') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

first_used as (

    select
        account_id,
        min(month) as month
    from usage
    group by account_id

),

spans as (

    select
        accounts.account_id,
        accounts.timezone,
        least(first_used.month, {{ local_month('accounts.created_at', 'accounts.timezone') }}) as first_month,
        {{ local_month('watermark.as_of', 'accounts.timezone') }} as last_month
    from accounts
    left join first_used
        on accounts.account_id = first_used.account_id
    cross join watermark

),

months as (

    select
        spans.account_id,
        spans.timezone,
        month.starts_on::date as month,
        (month.starts_on + interval '1 month')::date as next_month
    from spans
    cross join lateral generate_series(spans.first_month, spans.last_month, interval '1 month') as month (starts_on)

),

final as (

    select
        months.account_id,
        months.month,
        billing.day_start(months.month, months.timezone) as starts_at,
        billing.day_start(months.next_month, months.timezone) as ends_at,
        terms.currency,
        terms.digits,
        terms.vat_rate,
        terms.minimum_monthly,
        invoices.invoice_id,
        invoices.label
    from months
    inner join terms
        on months.account_id = terms.account_id
        and months.next_month - 1 >= terms.first_day
        and (terms.last_day is null or months.next_month - 1 <= terms.last_day)
    left join invoices
        on months.account_id = invoices.account_id
        and months.month = invoices.month
        and invoices.kind = 'month'
        and invoices.voided_at is null
    where terms.scheme = 'postpaid'

)

select * from final
