-- One row per line of an issued invoice, as it was issued, and of the draft of every month and purchase that has none (CHARGING 28, 29).
-- Void documents have no lines here: what they billed is a draft again.

with

drafts as (

    select * from {{ ref('int_draft_lines') }}

),

issued_lines as (

    select * from {{ ref('stg_invoice_lines') }}

),

invoices as (

    select *
    from {{ ref('stg_invoices') }}
    where voided_at is null

),

purchases as (

    select * from {{ ref('stg_purchases') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

-- a month takes the terms of its last day, a purchase those of its own (CHARGING 2)
dated as (

    select
        drafts.*,
        coalesce({{ local_day('purchases.at', 'accounts.timezone') }}, {{ last_day_of('drafts.month') }}) as judged_on
    from drafts
    inner join accounts
        on drafts.account_id = accounts.account_id
    left join purchases
        on drafts.account_id = purchases.account_id
        and drafts.purchase_id = purchases.purchase_id

),

lines as (

    select
        account_id,
        month,
        purchase_id,
        'draft' as status,
        null as invoice,
        n::integer as n,
        kind,
        zone,
        card_from,
        from_unit,
        quantity,
        rate,
        net,
        vat_rate,
        vat,
        currency,
        {{ tax_treatment_on('account_id', 'judged_on') }} as tax_treatment
    from dated

    union all

    select
        issued_lines.account_id,
        coalesce(invoices.month, {{ local_month('purchases.at', 'accounts.timezone') }}) as month,
        invoices.purchase_id,
        'issued' as status,
        invoices.label as invoice,
        issued_lines.n,
        issued_lines.kind,
        issued_lines.zone,
        issued_lines.card_from,
        issued_lines.from_unit,
        issued_lines.quantity,
        issued_lines.rate,
        issued_lines.net,
        issued_lines.vat_rate,
        issued_lines.vat,
        invoices.currency,
        issued_lines.tax_treatment
    from issued_lines
    inner join invoices
        on issued_lines.account_id = invoices.account_id
        and issued_lines.invoice_id = invoices.invoice_id
    inner join accounts
        on issued_lines.account_id = accounts.account_id
    left join purchases
        on invoices.account_id = purchases.account_id
        and invoices.purchase_id = purchases.purchase_id

),

final as (

    select
        accounts.account,
        to_char(lines.month, 'YYYY-MM') as month,
        lines.zone,
        lines.from_unit,
        lines.quantity,
        lines.rate,
        lines.net,
        lines.vat,
        lines.kind,
        lines.status,
        lines.invoice,
        lines.n,
        lines.card_from,
        lines.vat_rate,
        lines.currency,
        lines.purchase_id,
        lines.account_id,
        lines.tax_treatment
    from lines
    inner join accounts
        on lines.account_id = accounts.account_id

)

select * from final
