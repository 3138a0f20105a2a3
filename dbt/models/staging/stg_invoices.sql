-- One row per document that was ever issued, void ones too.

with

invoice as (

    select * from {{ source('billing', 'invoice') }}

),

void as (

    select * from {{ source('billing', 'void') }}

),

final as (

    select
        invoice.account_id,
        invoice.invoice_id,
        invoice.label,
        invoice.kind,
        invoice.month,
        invoice.purchase_id,
        invoice.issue_day,
        invoice.due_day,
        invoice.issued_at,
        invoice.currency,
        invoice.net,
        invoice.vat,
        invoice.total,
        void.voided_at
    from invoice
    left join void
        on invoice.account_id = void.account_id
        and invoice.invoice_id = void.invoice_id

)

select * from final
