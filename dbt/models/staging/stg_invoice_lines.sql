-- One row per line of an issued document.

with

invoice_line as (

    select * from {{ source('billing', 'invoice_line') }}

),

final as (

    select
        account_id,
        invoice_id,
        n,
        kind,
        zone,
        card_from,
        from_unit,
        quantity,
        rate,
        net,
        vat_rate,
        vat,
        tax_treatment
    from invoice_line

)

select * from final
