-- One row per postpaid account and local month up to the build's instant: the terms of its last local day, when it begins and
-- ends, what it has committed to, and the invoice that was issued for it (CHARGING 2, 26, 28).

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
        min(charged_day) as day
    from usage
    group by account_id

),

spans as (

    select
        accounts.account_id,
        accounts.timezone,
        least(first_used.day, {{ local_day('accounts.created_at', 'accounts.timezone') }}) as first_day,
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
        spans.first_day,
        month.starts_on::date as month,
        (month.starts_on + interval '1 month')::date as next_month
    from spans
    cross join lateral generate_series(date_trunc('month', spans.first_day), spans.last_month, interval '1 month') as month (starts_on)

),

-- each term commits for its days of the month, from the account's first day on; what they sum up to is rounded once
committed as (

    select
        months.account_id,
        months.month,
        sum(terms.minimum_monthly * stretch.days) / (months.next_month - months.month) as amount
    from months
    inner join terms
        on months.account_id = terms.account_id
        and months.next_month > terms.first_day
        and (terms.last_day is null or months.month <= terms.last_day)
    cross join
        lateral (
            select
                greatest(
                    least(coalesce(terms.last_day + 1, months.next_month), months.next_month)
                    - greatest(terms.first_day, months.first_day, months.month),
                    0
                ) as days
        ) as stretch
    group by months.account_id, months.month, months.next_month

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
        round(committed.amount, terms.digits) as commitment,
        invoices.invoice_id,
        invoices.label
    from months
    inner join terms
        on months.account_id = terms.account_id
        and months.next_month - 1 >= terms.first_day
        and (terms.last_day is null or months.next_month - 1 <= terms.last_day)
    inner join committed
        on months.account_id = committed.account_id
        and months.month = committed.month
    left join invoices
        on months.account_id = invoices.account_id
        and months.month = invoices.month
        and invoices.kind = 'month'
        and invoices.voided_at is null
    where terms.scheme = 'postpaid'

)

select * from final
