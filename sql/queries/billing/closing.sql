-- Closing a month: which accounts it is due for, what stands against it, and the row that freezes it.

-- due --
-- Each account, the month that it has to close next, and when the wanted one ends.
select
    account.account_id,
    account.name,
    account.timezone,
    next.month as next_month,
    billing.day_start((%(month)s::date + interval '1 month')::date, account.timezone) as ends_at,
    entity.legal_entity_id,
    entity.approvals
from account.account
join account.legal_entity as entity using (legal_entity_id)
join billing.month_to_close as next using (account_id)
where %(account)s::bigint is null or account.account_id = %(account)s
order by account.name;

-- doubts --
select count(*)
from billing.unsettled_attempt
where account_id = %(account)s
  and at < %(ends_at)s;

-- unread --
-- What of the month, or of before it, the marts have not read: it came in after they were.
select billing.unread_facts(%(account)s, %(ends_at)s);

-- errors --
select error, subject, units
from finance.rating_errors
where account_id = %(account)s
  and month <= to_char(%(month)s::date, 'YYYY-MM')
order by month, subject;

-- disagreements --
select day, accepted, charged, past, ledger_units
from finance.reconciliation
where account_id = %(account)s
  and day < (%(month)s::date + interval '1 month')::date
  and not agrees
order by day;

-- freeze --
-- What the month came to: a postpaid one's draft, a prepaid one's deferred revenue in both valuations (CHARGING 24).
with

term as (

    select (account.term_on(%(account)s, (%(month)s::date + interval '1 month - 1 day')::date)).*

),

drafted as (

    select
        count(*) as lines,
        coalesce(sum(net), 0) as net,
        coalesce(sum(vat), 0) as vat,
        coalesce(sum(net + vat), 0) as total
    from billing.draft_lines(%(account)s, %(month)s, null)

),

deferred as (

    select opening, brought_in, sold, used, given_back, lapsed, refunded, revalued, closing, rerate_value, blended_value,
        rerate_value - blended_value as difference
    from finance.deferred_revenue
    where account_id = %(account)s
      and month = to_char(%(month)s::date, 'YYYY-MM')

)

insert into billing.closed_period (account_id, month, starts_at, ends_at, closed_by, valuation, figures)
select
    account.account_id,
    %(month)s,
    billing.day_start(%(month)s, account.timezone),
    billing.day_start((%(month)s::date + interval '1 month')::date, account.timezone),
    %(actor)s,
    case when term.scheme = 'prepaid' then coalesce(
        (select valuation from billing.closed_period where account_id = %(account)s and valuation is not null order by month limit 1),
        term.valuation) end,
    case term.scheme
        when 'postpaid' then (select to_jsonb(drafted) from drafted)
        else coalesce((select to_jsonb(deferred) from deferred), '{}')
    end
from account.account, term
where account.account_id = %(account)s
returning figures::text, valuation, ends_at, (select currency from term);
