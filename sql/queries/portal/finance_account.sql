-- One account's books as they were built last, for finance. Amounts are in the account's currency.

-- account --
-- What it owes, what it has paid for and not had, and the last month that is closed.
select
    account.account_id, account.name, term.scheme, term.currency,
    (select max(closed.month) from billing.closed_period as closed where closed.account_id = account.account_id) as closed
from account.account
cross join lateral account.term_on(account.account_id, (now() at time zone account.timezone)::date) as term
where account.name = %(account)s;

-- sums --
select
    (select coalesce(sum(open), 0) from finance.receivables_ageing where account_id = %(account_id)s) as open,
    (
        select coalesce(sum(open), 0)
        from finance.receivables_ageing
        where account_id = %(account_id)s
          and days_overdue > 0
    ) as overdue,
    (select coalesce(sum(remaining), 0)::bigint from finance.prepaid_lots where account_id = %(account_id)s and state = 'open') as remaining,
    (select coalesce(sum(carrying_value), 0) from finance.prepaid_lots where account_id = %(account_id)s and state = 'open') as deferred;

-- lots --
select lot, state, remaining, rate, carrying_value, opened_at, last_valid_day, %(currency)s as currency
from finance.prepaid_lots
where account_id = %(account_id)s
order by opened_at desc
limit 50;

-- purchases --
select business_key as name, at, units, rate, %(currency)s as currency
from account.purchase
where account_id = %(account_id)s
order by at desc
limit 50;

-- invoices --
select month, kind, status as state, invoice, issue_day, net, vat, total, currency
from finance.invoices
where account_id = %(account_id)s
order by month desc, issue_day desc nulls first
limit 50;

-- payments --
select
    payment.at, payment.business_key as payment, payment.reference, payment.amount, payment.withheld, payment.certificate,
    taken_back.at as taken_back_at, %(currency)s as currency
from account.payment
left join account.receivable_change as taken_back using (payment_id)
where payment.account_id = %(account_id)s
order by payment.at desc
limit 50;

-- open_items --
select document, kind, day, due_day, days_overdue, amount, settled, open, %(currency)s as currency
from finance.receivables_ageing
where account_id = %(account_id)s
order by day
limit 50;

-- deferred --
-- The latest twelve months, oldest first. closing = opening + all that moved in the month.
select latest.*
from (
    select
        month, opening, brought_in, sold, used, given_back, lapsed, refunded, revalued, closing
    from finance.deferred_revenue
    where account_id = %(account_id)s
    order by month desc
    limit 12
) as latest
order by month;

-- ledger --
select at, kind, entry, ledger_account, debit, credit, units, %(currency)s as currency
from finance.ledger_entries
where account_id = %(account_id)s;
