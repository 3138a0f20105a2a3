-- One row per credit note: a correction of one line of an issued document.

with

credit_note as (

    select * from {{ source('billing', 'credit_note') }}

),

final as (

    select
        account_id,
        credit_note_id,
        label,
        invoice_id,
        line,
        adjustment_id,
        issued_at,
        net,
        vat
    from credit_note

)

select * from final
