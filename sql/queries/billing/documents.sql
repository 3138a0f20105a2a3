-- What documents are made of, and which there are.

-- find --
select document.kind, document.document_id
from billing.document
join account.account using (account_id)
where document.label = %(label)s
  and (%(account)s::bigint is null or document.account_id = %(account)s);

-- head --
select
    document.kind, document.document_id, document.account_id, account.name as account, document.label, document.issue_day,
    document.issued_at, document.currency, document.net, document.vat, told.seller, told.buyer, told.effects,
    encode(coalesce(invoice.content_hash, note.content_hash), 'hex') as content_hash,
    invoice.month, invoice.due_day,
    corrected.label as corrected_label, corrected.issue_day as corrected_day, corrected.uuid as corrected_uuid,
    note.reason, void.reason as void_reason
from billing.document
join account.account using (account_id)
join billing.particulars as told using (kind, document_id)
left join billing.invoice on document.kind = 'invoice' and invoice.invoice_id = document.document_id
left join billing.void on void.invoice_id = invoice.invoice_id
left join billing.credit_note as note on document.kind = 'credit_note' and note.credit_note_id = document.document_id
left join billing.document as corrected on corrected.kind = 'invoice' and corrected.document_id = note.invoice_id
where document.kind = %(kind)s
  and document.document_id = %(document)s;

-- lines --
-- A credit note has one line, that of the invoice's which it corrects.
select n, kind, zone, card_from, from_unit, quantity, rate, net, vat_rate, vat, tax_treatment
from billing.invoice_line
where %(kind)s = 'invoice'
  and invoice_id = %(document)s
union all
select 1, line.kind, line.zone, line.card_from, line.from_unit, line.quantity, line.rate, note.net, line.vat_rate, note.vat,
    line.tax_treatment
from billing.credit_note as note
join billing.invoice_line as line on line.invoice_id = note.invoice_id and line.n = note.line
where %(kind)s = 'credit_note'
  and note.credit_note_id = %(document)s
order by n;

-- all --
select
    account.name as account, document.label as document, document.kind, document.issue_day, document.net + document.vat as total,
    document.currency, document.is_void as void, document.delivered_at, document.uuid, document.tax_status, account.timezone
from billing.document
join account.account using (account_id)
where %(account)s::bigint is null or document.account_id = %(account)s
order by document.issued_at, document.label;

-- undelivered --
-- What has to go to its customer: everything that is issued but what is void; oldest first.
select document.kind, document.document_id, account.name, account.landing
from billing.document
join account.account using (account_id)
where not document.is_void
  and document.delivered_at is null
  and (%(account)s::bigint is null or document.account_id = %(account)s)
order by account.name, document.issued_at, document.label;

-- begin_delivery --
select billing.begin_delivery(%(kind)s, %(document)s, %(actor)s);

-- end_delivery --
select billing.end_delivery(%(kind)s, %(document)s, %(actor)s, %(files)s);

-- waiting_for_authority --
-- What the tax authority has not been told of or has refused; credit notes after the invoices that they name.
select document.kind, document.document_id
from billing.document
where not document.is_void
  and (document.tax_status is null or document.tax_status in ('invalid', 'rejected'))
  and (%(account)s::bigint is null or document.account_id = %(account)s)
order by document.kind desc, document.issued_at, document.label;

-- told --
insert into billing.tax_submission (kind, document_id, account_id, uuid, status, recorded_by)
values (%(kind)s, %(document)s, %(account)s, %(uuid)s, %(status)s, %(actor)s)
returning recorded_at;
