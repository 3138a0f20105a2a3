-- A customer's money: lots, purchases, invoices, the statement of account. All of the account of the transaction.

-- balance --
select *
from portal.balance();

-- lots --
-- All that are open, the one that ends first first.
select lot, opened_at, last_valid_day, rate, is_paid, remaining, worth
from portal.lots()
where state = 'open'
  and remaining > 0
order by last_valid_day, opened_at;

-- purchases --
select
    purchase.purchase_id as purchase,
    purchase.business_key as name,
    purchase.at,
    purchase.units,
    purchase.rate,
    invoice.label as invoice,
    coalesce(invoice.currency, term.currency) as currency
from account.purchase
cross join lateral (
    select currency
    from account.term
    where term.account_id = purchase.account_id
    order by effective_from desc
    limit 1
) as term
left join billing.invoice
    on invoice.purchase_id = purchase.purchase_id
    and not exists (select from billing.void where void.invoice_id = invoice.invoice_id);

-- rollovers --
select rollovers.*
from finance.rollovers;

-- documents --
-- Invoices and credit notes as they were issued.
select
    invoice.issued_at,
    invoice.label,
    invoice.issue_day,
    case invoice.kind when 'month' then to_char(invoice.month, 'YYYY-MM') end as month,
    case
        when exists (select from billing.void where void.invoice_id = invoice.invoice_id) then 'void'
        else 'issued'
    end as state,
    invoice.kind,
    invoice.net,
    invoice.vat,
    invoice.total,
    invoice.currency
from billing.invoice
union all
select
    note.issued_at,
    note.label,
    note.issue_day,
    to_char(invoice.month, 'YYYY-MM'),
    'issued',
    'credit_note',
    -note.net,
    -note.vat,
    -(note.net + note.vat),
    invoice.currency
from billing.credit_note as note
join billing.invoice using (invoice_id);

-- is_own_document --
select exists (select from billing.invoice where label = %(label)s)
    or exists (select from billing.credit_note where label = %(label)s);

-- statement --
select
    line.n, line.day, line.kind, line.document, line.reference, line.debit, line.credit, line.balance,
    (select term.currency from account.term_on(line.account_id, current_date) as term) as currency
from finance.account_statements as line;
