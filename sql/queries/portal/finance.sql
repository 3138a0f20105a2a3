-- Finance's view of all accounts: the marts as they were built last. Amounts are in the account's currency.

-- standing --
-- What the books come to as of the last build.
select
    (select finished_at from billing.good_build) as built_at,
    (select count(*) from finance.reconciliation where not agrees) as disagreements,
    (select count(*) from finance.invoices where status = 'draft') as drafts,
    (select count(*) from finance.rating_errors) as unrated,
    (
        select count(*)
        from billing.bank_line
        where not exists (select from account.payment where payment.bank_line_id = bank_line.bank_line_id)
    ) as unassigned;

-- accounts --
-- An account a row: what is owed, what it has paid for and not had, what is left of it.
select
    account.name as account, term.scheme, term.currency,
    coalesce(ageing.open, 0) as open, coalesce(ageing.overdue, 0) as overdue,
    coalesce(lots.remaining, 0) as remaining, coalesce(lots.worth, 0) as deferred,
    (select max(closed.month) from billing.closed_period as closed where closed.account_id = account.account_id) as closed
from account.account
cross join lateral account.term_on(account.account_id, (now() at time zone account.timezone)::date) as term
left join lateral (
    select
        sum(receivables_ageing.open) as open,
        sum(receivables_ageing.open) filter (where receivables_ageing.days_overdue > 0) as overdue
    from finance.receivables_ageing
    where receivables_ageing.account_id = account.account_id
) as ageing on true
left join lateral (
    select sum(prepaid_lots.remaining) as remaining, sum(prepaid_lots.carrying_value) as worth
    from finance.prepaid_lots
    where prepaid_lots.account_id = account.account_id
) as lots on true;

-- invoices --
select
    invoices.account, invoices.month, invoices.kind, invoices.status as state, invoices.invoice, invoices.issue_day, invoices.currency,
    invoices.net, invoices.vat, invoices.total,
    md5(invoices.account || invoices.month || invoices.kind || coalesce(invoices.invoice, '') || coalesce(invoices.purchase_id, 0)) as place
from finance.invoices
where (%(account)s::text is null or invoices.account = %(account)s::text)
  and (%(state)s::text is null or invoices.status = %(state)s::text);

-- ledger --
select
    entry.account, entry.at, entry.entry, entry.kind, entry.ledger_account, entry.debit, entry.credit, entry.units,
    (select term.currency from account.term_on(entry.account_id, entry.day) as term) as currency
from finance.ledger_entries as entry
where (%(account)s::text is null or entry.account = %(account)s::text)
  and (%(ledger_account)s::text is null or left(entry.ledger_account, 4) = %(ledger_account)s::text);

-- lots --
select
    lot.account, lot.lot, lot.opened_at, lot.last_valid_day, lot.rate, lot.remaining, lot.state, lot.carrying_value,
    (select term.currency from account.term_on(lot.account_id, current_date) as term) as currency
from finance.prepaid_lots as lot
where (%(account)s::text is null or lot.account = %(account)s::text)
  and (%(state)s::text is null or lot.state = %(state)s::text);

-- ageing --
select
    item.account, item.document, item.kind, item.day, item.due_day, item.days_overdue, item.amount, item.settled, item.open,
    item.bucket, (select term.currency from account.term_on(item.account_id, current_date) as term) as currency
from finance.receivables_ageing as item
where (%(account)s::text is null or item.account = %(account)s::text);

-- deferred --
select
    figure.account, figure.month, figure.opening + figure.brought_in as opening, figure.sold, figure.used, figure.given_back,
    figure.lapsed, figure.refunded, figure.revalued, figure.closing,
    (select term.currency from account.term_on(figure.account_id, current_date) as term) as currency
from finance.deferred_revenue as figure
where (%(account)s::text is null or figure.account = %(account)s::text);

-- margin --
select
    row.account, to_char(row.day, 'YYYY-MM') as month, row.operator, row.currency, sum(row.segments)::bigint as segments,
    sum(row.revenue) as revenue, sum(row.cost) as cost, sum(row.margin) as margin
from finance.margin as row
where (%(account)s::text is null or row.account = %(account)s::text)
group by row.account, to_char(row.day, 'YYYY-MM'), row.operator, row.currency;

-- names --
select name
from account.account
order by name;

-- invoice_account --
select account.name
from billing.invoice
join account.account using (account_id)
where invoice.label = %(label)s
union all
select account.name
from billing.credit_note
join account.account using (account_id)
where credit_note.label = %(label)s;
