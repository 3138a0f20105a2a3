-- One row per legal entity, month of issue, currency, treatment, rate of VAT and kind of document: what a tax return declares (CHARGING 2,
-- 28, 29). The month is that of the issue in the legal entity's zone. A void takes back what its invoice says, in the same month.

{{ config(meta={'staff_only': true}) }}

with

lines as (

    select * from {{ ref('stg_invoice_lines') }}

),

invoices as (

    select * from {{ ref('stg_invoices') }}

),

credit_notes as (

    select * from {{ ref('stg_credit_notes') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

legal_entities as (

    select * from {{ ref('stg_legal_entities') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

documents as (

    select
        lines.account_id,
        document.kind,
        'invoice ' || invoices.label as label,
        document.at,
        invoices.currency,
        lines.tax_treatment,
        lines.vat_rate,
        document.sign * lines.net as net,
        document.sign * lines.vat as vat
    from lines
    inner join invoices
        on lines.account_id = invoices.account_id
        and lines.invoice_id = invoices.invoice_id
    cross join
        lateral (
            values
            ('invoice', invoices.issued_at, 1),
            ('void', invoices.voided_at, -1)
        ) as document (kind, at, sign)

    union all

    select
        credit_notes.account_id,
        'credit_note' as kind,
        'credit note ' || credit_notes.label as label,
        credit_notes.issued_at as at,
        invoices.currency,
        lines.tax_treatment,
        lines.vat_rate,
        -credit_notes.net as net,
        -credit_notes.vat as vat
    from credit_notes
    inner join invoices
        on credit_notes.account_id = invoices.account_id
        and credit_notes.invoice_id = invoices.invoice_id
    inner join lines
        on credit_notes.account_id = lines.account_id
        and credit_notes.invoice_id = lines.invoice_id
        and credit_notes.line = lines.n

),

final as (

    select
        legal_entities.legal_entity,
        to_char(documents.at at time zone legal_entities.timezone, 'YYYY-MM') as month,
        documents.currency,
        documents.tax_treatment,
        documents.vat_rate,
        documents.kind,
        count(distinct documents.label) as documents,
        sum(documents.net) as net,
        sum(documents.vat) as vat,
        legal_entities.legal_entity_id
    from documents
    inner join accounts
        on documents.account_id = accounts.account_id
    inner join legal_entities
        on accounts.legal_entity_id = legal_entities.legal_entity_id
    cross join watermark
    where documents.at <= watermark.as_of
    group by
        legal_entities.legal_entity_id,
        legal_entities.legal_entity,
        to_char(documents.at at time zone legal_entities.timezone, 'YYYY-MM'),
        documents.currency,
        documents.tax_treatment,
        documents.vat_rate,
        documents.kind

)

select * from final
