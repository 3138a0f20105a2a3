-- One row per line of the entries that are not the prepaid fold's: months billed, documents, payments, what changes a
-- receivable beside them, receivables brought along.
-- Amounts are debits, negative ones credits (CHARGING 25, 28).

with

months as (

    select * from {{ ref('int_billing_months') }}

),

lines as (

    select * from {{ ref('invoice_lines') }}

),

invoices as (

    select *
    from {{ ref('stg_invoices') }}
    where kind = 'month'

),

credit_notes as (

    select * from {{ ref('stg_credit_notes') }}

),

payments as (

    select * from {{ ref('stg_payments') }}

),

changes as (

    select * from {{ ref('stg_receivable_changes') }}

),

openings as (

    select * from {{ ref('stg_openings') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

-- the last instant of the month, so that the entry is the month's own
month_ends as (

    select
        months.account_id,
        'month_end' as entry_kind,
        to_char(months.month, 'YYYY-MM') as entry_key,
        months.ends_at - interval '1 microsecond' as at,
        sum(lines.net) as net
    from months
    inner join lines
        on months.account_id = lines.account_id
        and to_char(months.month, 'YYYY-MM') = lines.month
        and lines.kind <> 'purchase'
    cross join watermark
    where months.ends_at <= watermark.as_of
    group by months.account_id, months.month, months.ends_at

),

entries as (

    select
        month_ends.account_id,
        month_ends.entry_kind,
        month_ends.entry_key,
        month_ends.at,
        line.ledger_account,
        line.amount
    from month_ends
    cross join
        lateral (
            values
            ('1210 unbilled', month_ends.net),
            ('4100 usage revenue', -month_ends.net)
        ) as line (ledger_account, amount)

    union all

    select
        invoices.account_id,
        'issue' as entry_kind,
        invoices.label as entry_key,
        invoices.issued_at as at,
        line.ledger_account,
        line.amount
    from invoices
    cross join
        lateral (
            values
            ('1200 receivable', invoices.total),
            ('1210 unbilled', -invoices.net),
            ('2200 VAT', -invoices.vat)
        ) as line (ledger_account, amount)

    union all

    select
        invoices.account_id,
        'void' as entry_kind,
        invoices.label as entry_key,
        invoices.voided_at as at,
        line.ledger_account,
        line.amount
    from invoices
    cross join
        lateral (
            values
            ('1200 receivable', -invoices.total),
            ('1210 unbilled', invoices.net),
            ('2200 VAT', invoices.vat)
        ) as line (ledger_account, amount)
    where invoices.voided_at is not null

    union all

    -- a purchase's invoice is credited by its refund's own entry
    select
        credit_notes.account_id,
        'credit' as entry_kind,
        credit_notes.label as entry_key,
        credit_notes.issued_at as at,
        line.ledger_account,
        line.amount
    from credit_notes
    inner join invoices
        on credit_notes.account_id = invoices.account_id
        and credit_notes.invoice_id = invoices.invoice_id
    cross join
        lateral (
            values
            ('1200 receivable', -credit_notes.net - credit_notes.vat),
            ('2200 VAT', credit_notes.vat),
            ('4100 usage revenue', credit_notes.net)
        ) as line (ledger_account, amount)

    union all

    select
        payments.account_id,
        'payment' as entry_kind,
        payments.business_key as entry_key,
        payments.at,
        line.ledger_account,
        line.amount
    from payments
    cross join
        lateral (
            values
            ('1100 bank', payments.amount),
            ('1150 withholding tax receivable', payments.withheld),
            ('1200 receivable', -payments.amount - payments.withheld)
        ) as line (ledger_account, amount)

    union all

    -- a write-off credits the receivable, the others debit it
    select
        changes.account_id,
        changes.kind as entry_kind,
        changes.business_key as entry_key,
        changes.at,
        line.ledger_account,
        line.amount
    from changes
    cross join
        lateral (
            values
            ('1100 bank', case when changes.kind <> 'write_off' then -changes.amount end),
            ('1150 withholding tax receivable', -changes.withheld),
            ('1200 receivable', case when changes.kind = 'write_off' then -changes.amount else changes.amount + changes.withheld end),
            ('5100 bad debts', case when changes.kind = 'write_off' then changes.amount end)
        ) as line (ledger_account, amount)

    union all

    select
        openings.account_id,
        'opening' as entry_kind,
        'balances' as entry_key,
        openings.at,
        line.ledger_account,
        line.amount
    from openings
    cross join lateral (
        values
        ('1200 receivable', openings.receivable),
        ('3000 opening balances', -openings.receivable)
    ) as line (ledger_account, amount)

),

final as (

    select
        entries.account_id,
        entries.entry_kind,
        entries.entry_key,
        entries.at,
        entries.ledger_account,
        0::bigint as units,
        entries.amount
    from entries
    cross join watermark
    where entries.at <= watermark.as_of
        and entries.amount <> 0

)

select * from final
