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

-- missed_targets --
-- What operations.sla_credits asks for and is not proposed yet: lines of invoices, in the order in which they are proposed.
select
    credit.account, credit.month, credit.metric, credit.adjusted, credit.target, credit.share, credit.invoice, credit.line, credit.credit,
    credit.currency, credit.account_id, invoice.invoice_id,
    credit.metric || ' ' || credit.month || ' ' || credit.invoice || '/' || credit.line as source
from operations.sla_credits as credit
join billing.invoice
    on invoice.account_id = credit.account_id
    and invoice.label = credit.invoice
where (%(account)s::text is null or credit.account = %(account)s)
  and not exists (
    select
    from billing.draft_credit as draft
    where draft.account_id = credit.account_id
      and draft.class = 'sla'
      and draft.invoice_id = invoice.invoice_id
      and draft.line = credit.line
      and draft.source is not null
  )
order by credit.account, credit.month, credit.line;

-- units_owed --
-- What prepaid accounts are to be granted and nobody was told of yet: nothing is proposed for them, a person grants it.
with

owed as (

    select account_id, account, month, metric, adjusted, target, share, units
    from operations.sla_credits
    where units is not null
      and (%(account)s::text is null or account = %(account)s)

),

told as (

    insert into billing.units_told (account_id, month, metric, units, told_to)
    select account_id, month, metric, units, %(actor)s
    from owed
    on conflict do nothing
    returning account_id, month, metric

)

select owed.account, owed.month, owed.metric, owed.adjusted, owed.target, owed.share, owed.units
from owed
join told using (account_id, month, metric)
order by owed.account, owed.month, owed.metric;

-- are_built --
select to_regclass('operations.sla_credits') is not null;
