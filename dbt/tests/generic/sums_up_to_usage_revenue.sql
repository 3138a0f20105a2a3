{# Revenue of an account's ended month is what its ledger has on 4100; a prepaid account's also while the month runs. Months with
   segments that have no rate are told in finance.rating_errors. #}
{% test sums_up_to_usage_revenue(model) %}
with

spread as (

    select
        account_id,
        to_char(day, 'YYYY-MM') as month,
        sum(revenue) as amount,
        count(*) - count(revenue) as unknown
    from {{ model }}
    group by account_id, to_char(day, 'YYYY-MM')

),

posted as (

    select
        account_id,
        month,
        sum(credit - debit) as amount
    from {{ ref('ledger_entries') }}
    where ledger_account = '4100 usage revenue'
    group by account_id, month

),

open_months as (

    select
        months.account_id,
        to_char(months.month, 'YYYY-MM') as month
    from {{ ref('int_billing_months') }} as months
    cross join {{ ref('watermark') }} as watermark
    where months.ends_at > watermark.as_of

)

select *
from spread
full join posted
    on spread.account_id = posted.account_id
    and spread.month = posted.month
left join open_months
    on spread.account_id = open_months.account_id
    and spread.month = open_months.month
where coalesce(spread.amount, 0) <> coalesce(posted.amount, 0)
    and coalesce(spread.unknown, 0) = 0
    and open_months.account_id is null
{% endtest %}
