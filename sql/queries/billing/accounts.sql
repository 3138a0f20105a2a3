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
    term.activation,
    change.scheme as next_scheme,
    change.effective_from as next_scheme_from
from account.account
join account.legal_entity as entity using (legal_entity_id)
cross join lateral (select (clock_timestamp() at time zone account.timezone)::date as today) as local
cross join lateral account.term_on(account.account_id, local.today) as term
left join lateral (
    select later.scheme, later.effective_from
    from account.term as later
    where later.account_id = account.account_id
      and later.effective_from > local.today
      and later.scheme <> term.scheme
    order by later.effective_from
    limit 1
) as change on true
where account.name = %(name)s;

-- take_turn --
select account.take_turn(%(account)s);

-- names --
select name from account.account order by name;
