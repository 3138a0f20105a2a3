-- Month, net and VAT of every draft and every issued invoice are those of its lines (CHARGING 28); a void one has none here.

with

invoices as (

    select
        account_id,
        status,
        month,
        coalesce(invoice, month || ' ' || coalesce(purchase_id, 0)) as document,
        net,
        vat
    from {{ ref('invoices') }}
    where status <> 'void'

),

lines as (

    select
        account_id,
        status,
        month,
        coalesce(invoice, month || ' ' || coalesce(purchase_id, 0)) as document,
        sum(net) as net,
        sum(vat) as vat
    from {{ ref('invoice_lines') }}
    group by account_id, status, month, coalesce(invoice, month || ' ' || coalesce(purchase_id, 0))

)

select
    coalesce(invoices.account_id, lines.account_id) as account_id,
    coalesce(invoices.document, lines.document) as document,
    coalesce(invoices.month, lines.month) as month,
    invoices.net,
    lines.net as net_of_lines,
    invoices.vat,
    lines.vat as vat_of_lines
from invoices
full outer join lines
    on invoices.account_id = lines.account_id
    and invoices.status = lines.status
    and invoices.month = lines.month
    and invoices.document = lines.document
where invoices.net is distinct from lines.net
    or invoices.vat is distinct from lines.vat
