-- One row per invoice: drafts, issued ones, and void ones, which keep their number (CHARGING 29).

with

lines as (

    select * from {{ ref('invoice_lines') }}

),

invoices as (

    select * from {{ ref('stg_invoices') }}

),

purchases as (

    select * from {{ ref('stg_purchases') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

issued_lines as (

    select * from {{ ref('stg_invoice_lines') }}

),

-- all lines of an invoice have the treatment of one day
treatments as (

    select
        account_id,
        invoice_id,
        min(tax_treatment) as tax_treatment
    from issued_lines
    group by account_id, invoice_id

),

drafts as (

    select
        account_id,
        account,
        month,
        case when purchase_id is null then 'month' else 'purchase' end as kind,
        'draft' as status,
        null as invoice,
        null::date as issue_day,
        null::date as due_day,
        currency,
        sum(net) as net,
        sum(vat) as vat,
        sum(net + vat) as total,
        purchase_id,
        min(tax_treatment) as tax_treatment
    from lines
    where status = 'draft'
    group by account_id, account, month, purchase_id, currency

),

issued as (

    select
        invoices.account_id,
        accounts.account,
        to_char(coalesce(invoices.month, {{ local_month('purchases.at', 'accounts.timezone') }}), 'YYYY-MM') as month,
        invoices.kind,
        case when invoices.voided_at is null then 'issued' else 'void' end as status,
        invoices.label as invoice,
        invoices.issue_day,
        invoices.due_day,
        invoices.currency,
        invoices.net,
        invoices.vat,
        invoices.total,
        invoices.purchase_id,
        treatments.tax_treatment
    from invoices
    inner join accounts
        on invoices.account_id = accounts.account_id
    left join purchases
        on invoices.account_id = purchases.account_id
        and invoices.purchase_id = purchases.purchase_id
    left join treatments
        on invoices.account_id = treatments.account_id
        and invoices.invoice_id = treatments.invoice_id

),

documents as (

    select * from drafts

    union all

    select * from issued

),

final as (

    select
        account,
        month,
        kind,
        status,
        invoice,
        issue_day,
        currency,
        net,
        vat,
        total,
        purchase_id,
        account_id,
        due_day,
        tax_treatment
    from documents

)

select * from final
