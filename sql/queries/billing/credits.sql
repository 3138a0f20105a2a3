-- Credits that one person proposes and another one issues.

-- propose --
select draft_credit_id, net
from billing.propose_credit(%(invoice)s, %(line)s, %(class)s, %(net)s, %(actor)s, %(reason)s, %(source)s);

-- find --
select account_id, account, state, invoice, line, class, net, currency, reason, proposed_by
from billing.draft_credits
where draft_credit_id = %(draft)s;

-- approve --
select label, issue_day, net, vat
from billing.approve_credit(%(draft)s, %(actor)s);

-- reject --
select billing.reject_credit(%(draft)s, %(actor)s, %(reason)s);

-- list --
select draft_credit_id, account, state, invoice, line, class, net, currency, reason, proposed_by, decided_by, credit_note
from billing.draft_credits
where (%(account)s::text is null or account = %(account)s)
  and (%(all)s or state = 'draft')
order by draft_credit_id;
