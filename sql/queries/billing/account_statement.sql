-- A statement of account: what an account owed, line by line, out of the last build.

-- built_for --
select as_of
from billing.good_build;

-- balance_before --
-- What was owed as a day began.
select coalesce((
    select balance
    from finance.account_statements
    where account_id = %(account)s
      and day < %(day)s
    order by n desc
    limit 1), 0);

-- lines --
select day, kind, document, reference, debit, credit, balance
from finance.account_statements
where account_id = %(account)s
  and day between %(first)s and %(last)s
order by n;

-- ageing --
-- What is open at the build's instant, by how long it is overdue; money on account is negative.
select bucket, sum(open) as open
from finance.receivables_ageing
where account_id = %(account)s
group by bucket
order by array_position(array['on account', 'not due', '1-30', '31-60', '61-90', 'over 90'], bucket);
