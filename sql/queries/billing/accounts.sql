-- Accounts with the terms that are in force.

-- find --
select
    account.account_id,
    account.name,
    account.timezone,
    account.legal_entity_id,
    entity.approvals,
    local.today,
    term.scheme,
    term.currency,
    term.vat_rate,
    term.recharge_tolerance,
    term.activation
from account.account
join account.legal_entity as entity using (legal_entity_id)
cross join lateral (select (now() at time zone account.timezone)::date as today) as local
cross join lateral account.term_on(account.account_id, local.today) as term
where account.name = %(name)s;

-- names --
select name from account.account order by name;

-- audit --
-- Who did what to which account; never changed.
insert into account.audit (actor, action, account_id, object, detail)
values (%(actor)s, %(action)s, %(account)s, %(object)s, %(detail)s);
