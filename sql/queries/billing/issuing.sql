-- Invoices, voids and credit notes.

-- drafts --
-- What there is to issue, up to the wanted month or of it alone: drafts of closed months, and those of purchases that have no
-- invoice (theirs was void), which wait for no close.
select
    invoice.account_id,
    invoice.account,
    invoice.month,
    entity.legal_entity_id,
    entity.approvals,
    invoice.purchase_id
from finance.invoices as invoice
join account.account using (account_id)
join account.legal_entity as entity using (legal_entity_id)
where invoice.status = 'draft'
  and (invoice.month = %(month)s or %(with_earlier)s and invoice.month < %(month)s)
  and (%(account)s::bigint is null or invoice.account_id = %(account)s)
  and (
    invoice.purchase_id is not null
    or exists (
        select
        from billing.closed_period
        where closed_period.account_id = invoice.account_id
          and closed_period.month = (invoice.month || '-01')::date
    )
  )
  and not exists (
    select
    from billing.invoice as issued
    where issued.account_id = invoice.account_id
      and case
        when invoice.purchase_id is null then issued.month = (invoice.month || '-01')::date
        else issued.purchase_id = invoice.purchase_id
      end
      and not exists (select from billing.void where void.invoice_id = issued.invoice_id)
  )
order by invoice.month, invoice.account, invoice.purchase_id nulls first;

-- unclosed --
-- Accounts with a draft of a month that is still open, and that month.
select distinct invoice.account, invoice.month
from finance.invoices as invoice
where invoice.status = 'draft'
  and invoice.kind = 'month'
  and (invoice.month = %(month)s or %(with_earlier)s and invoice.month < %(month)s)
  and (%(account)s::bigint is null or invoice.account_id = %(account)s)
  and not exists (
    select
    from billing.closed_period
    where closed_period.account_id = invoice.account_id
      and closed_period.month = (invoice.month || '-01')::date
  )
order by invoice.month, invoice.account;

-- issue --
select invoice_id, label, issue_day, currency, net, vat, total
from billing.issue_invoice(%(account)s, %(month)s, %(purchase)s, %(actor)s)
where invoice_id is not null;

-- lines --
select line.n, line.kind, line.zone, line.from_unit, line.quantity, line.rate, line.net, line.vat_rate, line.vat, line.tax_treatment
from billing.invoice
join billing.invoice_line as line using (account_id, invoice_id)
where invoice.label = %(label)s
  and invoice.account_id = %(account)s
order by line.n;

-- left --
-- What of a line is not credited yet.
select line.net - coalesce(sum(note.net), 0)
from billing.invoice_line as line
left join billing.credit_note as note
    on note.account_id = line.account_id
    and note.invoice_id = line.invoice_id
    and note.line = line.n
where line.invoice_id = %(invoice)s
  and line.n = %(line)s
group by line.net;

-- find --
-- month: of a purchase's invoice that in which the purchase was, by which it is issued again.
select
    invoice.invoice_id,
    invoice.account_id,
    account.name,
    invoice.legal_entity_id,
    entity.approvals,
    invoice.kind,
    invoice.currency,
    to_char(coalesce(invoice.month, purchase.at at time zone account.timezone), 'YYYY-MM') as month,
    invoice.net,
    invoice.vat,
    invoice.total
from billing.invoice
join account.account using (account_id)
join account.legal_entity as entity on entity.legal_entity_id = invoice.legal_entity_id
left join account.purchase
    on purchase.account_id = invoice.account_id
    and purchase.purchase_id = invoice.purchase_id
where invoice.label = %(label)s
  and (%(account)s::bigint is null or invoice.account_id = %(account)s);

-- void --
select voided_at
from billing.void_invoice(%(invoice)s, %(actor)s, %(reason)s);

-- credit --
select label, issue_day, net, vat
from billing.issue_credit_note(%(invoice)s, %(line)s, %(net)s, %(actor)s, %(reason)s, %(class)s, %(adjustment)s);
