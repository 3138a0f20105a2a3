-- One row per thing that settles what an account owes, at the build's instant: payments with the tax withheld from them, write-offs,
-- credit notes of months, credits of refunds, a receivable that was brought along with the other sign (CHARGING 21, 25, 29).
-- A payment that was reversed settles nothing. item is what it names: null where it names nothing, or an invoice that is void.

with

openings as (

    select *
    from {{ ref('stg_openings') }}
    where receivable < 0

),

credit_notes as (

    select * from {{ ref('stg_credit_notes') }}

),

adjustments as (

    select * from {{ ref('stg_adjustments') }}

),

refunds as (

    select *
    from {{ ref('int_prepaid_movements') }}
    where kind = 'credit'

),

payments as (

    select * from {{ ref('stg_payments') }}

),

changes as (

    select changes.*
    from {{ ref('stg_receivable_changes') }} as changes
    cross join {{ ref('watermark') }} as watermark
    where changes.at <= watermark.as_of

),

orders as (

    select * from {{ ref('stg_orders') }}

),

purchases as (

    select * from {{ ref('stg_purchases') }}

),

invoices as (

    select * from {{ ref('stg_invoices') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

-- what an invoice is about, while it is not void
invoiced as (

    select
        invoices.account_id,
        invoices.invoice_id,
        invoices.label,
        invoices.kind,
        case
            when invoices.voided_at <= watermark.as_of then null
            when invoices.kind = 'month' then 'invoice:' || invoices.label
            else 'purchase:' || purchases.business_key
        end as item
    from invoices
    left join purchases
        on invoices.account_id = purchases.account_id
        and invoices.purchase_id = purchases.purchase_id
    cross join watermark

),

-- a refund issues a credit note for each purchase's invoice that it credits
refund_notes as (

    select
        credit_notes.account_id,
        adjustments.business_key as key,
        invoiced.item,
        credit_notes.label
    from credit_notes
    inner join adjustments
        on credit_notes.account_id = adjustments.account_id
        and credit_notes.adjustment_id = adjustments.adjustment_id
    inner join invoiced
        on credit_notes.account_id = invoiced.account_id
        and credit_notes.invoice_id = invoiced.invoice_id

),

settling as (

    select
        openings.account_id,
        'opening' as settlement,
        'opening' as kind,
        openings.business_key as document,
        null as reference,
        null as item,
        openings.at,
        -openings.receivable as amount,
        0::numeric as withheld
    from openings
    cross join watermark
    where openings.at <= watermark.as_of

    union all

    select
        credit_notes.account_id,
        'credit:' || credit_notes.label as settlement,
        'credit' as kind,
        credit_notes.label as document,
        invoiced.label as reference,
        invoiced.item,
        credit_notes.issued_at as at,
        credit_notes.net + credit_notes.vat as amount,
        0::numeric as withheld
    from credit_notes
    inner join invoiced
        on credit_notes.account_id = invoiced.account_id
        and credit_notes.invoice_id = invoiced.invoice_id
        and invoiced.kind = 'month'
    cross join watermark
    where credit_notes.issued_at <= watermark.as_of

    union all

    select
        refunds.account_id,
        'refund:' || refunds.key || ':' || refunds.m as settlement,
        'credit' as kind,
        coalesce(refund_notes.label, refunds.key) as document,
        refunds.key as reference,
        'purchase:' || refunds.lot as item,
        refunds.at,
        refunds.against + refunds.vat as amount,
        0::numeric as withheld
    from refunds
    left join refund_notes
        on refunds.account_id = refund_notes.account_id
        and refunds.key = refund_notes.key
        and 'purchase:' || refunds.lot = refund_notes.item

    union all

    select
        payments.account_id,
        'payment:' || payments.business_key as settlement,
        'payment' as kind,
        payments.business_key as document,
        coalesce(payments.reference, payments.certificate) as reference,
        coalesce(
            invoiced.item,
            case when orders.cancelled_at is null or orders.cancelled_at > watermark.as_of then 'purchase:' || orders.business_key end
        ) as item,
        payments.at,
        payments.amount,
        payments.withheld
    from payments
    left join invoiced
        on payments.account_id = invoiced.account_id
        and payments.invoice_id = invoiced.invoice_id
    left join orders
        on payments.account_id = orders.account_id
        and payments.order_id = orders.order_id
    left join changes as reversals
        on payments.account_id = reversals.account_id
        and payments.payment_id = reversals.payment_id
    cross join watermark
    where payments.at <= watermark.as_of
        and reversals.payment_id is null

    union all

    select
        changes.account_id,
        'write_off:' || changes.business_key as settlement,
        'write_off' as kind,
        changes.business_key as document,
        invoiced.label as reference,
        invoiced.item,
        changes.at,
        changes.amount,
        0::numeric as withheld
    from changes
    left join invoiced
        on changes.account_id = invoiced.account_id
        and changes.invoice_id = invoiced.invoice_id
    where changes.kind = 'write_off'

),

final as (

    select
        account_id,
        settlement,
        kind,
        document,
        reference,
        item,
        at,
        amount,
        withheld,
        amount + withheld as settles
    from settling

)

select * from final
