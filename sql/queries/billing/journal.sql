-- The ledger of a legal entity's month, for its accounting system.

-- entities --
select legal_entity_id, name
from account.legal_entity
where %(name)s::text is null
   or name = %(name)s
order by name;

-- is_built --
select to_regclass('finance.ledger_entries') is not null;

-- open_accounts --
-- Accounts with entries of the month that have not closed it: their entries can still change.
select distinct account.name
from finance.ledger_entries as posting
join account.account using (account_id)
where account.legal_entity_id = %(entity)s
  and posting.month = %(month)s
  and not exists (
    select
    from billing.closed_period
    where closed_period.account_id = posting.account_id
      and closed_period.month = (%(month)s || '-01')::date
  )
order by account.name;

-- unbalanced --
select posting.account || ' ' || posting.entry
from finance.ledger_entries as posting
join account.account using (account_id)
where account.legal_entity_id = %(entity)s
  and posting.month = %(month)s
group by posting.account, posting.entry
having sum(posting.debit) <> sum(posting.credit)
order by 1;

-- lines --
-- Numbers follow from the entries: by instant, then account and entry in byte order. What moved units alone is no entry of the books.
with

money as (

    select
        posting.at, posting.account, posting.entry, posting.kind, posting.ledger_account, posting.debit, posting.credit,
        account.account_id, account.timezone
    from finance.ledger_entries as posting
    join account.account using (account_id)
    where account.legal_entity_id = %(entity)s
      and posting.month = %(month)s
      and (posting.debit <> 0 or posting.credit <> 0)

),

numbered as (

    select
        money.*,
        dense_rank() over (order by at, account collate "C", entry collate "C") as n,
        (money.at at time zone money.timezone)::date as day
    from money

)

select
    %(month)s || '-' || lpad(numbered.n::text, 6, '0') as journal,
    numbered.day,
    numbered.account,
    numbered.entry,
    numbered.kind,
    coalesce(entity.chart_of_accounts ->> split_part(numbered.ledger_account, ' ', 1), split_part(numbered.ledger_account, ' ', 1)) as code,
    numbered.ledger_account,
    numbered.debit,
    numbered.credit,
    term.currency
from numbered
join account.legal_entity as entity on entity.legal_entity_id = %(entity)s
cross join lateral account.term_on(numbered.account_id, numbered.day) as term
order by numbered.n, numbered.ledger_account;
