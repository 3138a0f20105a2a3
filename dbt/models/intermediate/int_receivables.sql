-- One row per thing that an account owes at the build's instant: the receivable it brought along, its purchases, its months'
-- invoices, and money on account that was paid back to it (CHARGING 17, 25, 28). A purchase is owed from its activation; a void
-- invoice of a month is owed no more. What has an invoice is due when that says; the rest by the terms of its day.

with

openings as (

    select *
    from {{ ref('stg_openings') }}
    where receivable > 0

),

purchases as (

    select *
    from {{ ref('int_prepaid_movements') }}
    where kind = 'purchase'

),

orders as (

    select * from {{ ref('stg_purchases') }}

),

invoices as (

    select invoices.*
    from {{ ref('stg_invoices') }} as invoices
    cross join {{ ref('watermark') }} as watermark
    where invoices.issued_at <= watermark.as_of
        and (invoices.voided_at is null or invoices.voided_at > watermark.as_of)

),

payouts as (

    select changes.*
    from {{ ref('stg_receivable_changes') }} as changes
    cross join {{ ref('watermark') }} as watermark
    where changes.kind = 'payout'
        and changes.at <= watermark.as_of

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

owed as (

    select
        openings.account_id,
        'opening' as item,
        'opening' as kind,
        openings.business_key as document,
        openings.at,
        null::date as issue_day,
        null::date as due_day,
        openings.receivable as amount
    from openings
    cross join watermark
    where openings.at <= watermark.as_of

    union all

    select
        purchases.account_id,
        'purchase:' || purchases.key as item,
        'purchase' as kind,
        coalesce(invoices.label, purchases.key) as document,
        purchases.at,
        invoices.issue_day,
        invoices.due_day,
        purchases.against + purchases.vat as amount
    from purchases
    inner join orders
        on purchases.account_id = orders.account_id
        and purchases.key = orders.business_key
    left join invoices
        on orders.account_id = invoices.account_id
        and orders.purchase_id = invoices.purchase_id

    union all

    select
        account_id,
        'invoice:' || label as item,
        'invoice' as kind,
        label as document,
        issued_at as at,
        issue_day,
        due_day,
        total as amount
    from invoices
    where kind = 'month'

    union all

    select
        account_id,
        'payout:' || business_key as item,
        'payout' as kind,
        business_key as document,
        at,
        null::date as issue_day,
        null::date as due_day,
        amount
    from payouts

),

local as (

    select
        owed.*,
        coalesce(owed.issue_day, {{ local_day('owed.at', 'accounts.timezone') }}) as day
    from owed
    inner join accounts
        on owed.account_id = accounts.account_id

),

final as (

    select
        local.account_id,
        local.item,
        local.kind,
        local.document,
        local.at,
        local.day,
        coalesce(local.due_day, local.day + case local.kind when 'payout' then 0 else terms.payment_days end) as due_day,
        local.amount
    from local
    inner join terms
        on local.account_id = terms.account_id
        and local.day >= terms.first_day
        and (terms.last_day is null or local.day <= terms.last_day)

)

select * from final
