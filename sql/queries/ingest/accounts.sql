-- Accounts with the terms in force today.

-- accounts --
select
    account.account_id, account.name, account.timezone, account.default_region, account.landing, account.defaults,
    account.hash_key, term.scheme, term.currency
from account.account
left join lateral account.term_on(account.account_id, (now() at time zone account.timezone)::date) as term on true
order by account.name;

-- account_by_name --
select
    account.account_id, account.name, account.timezone, account.default_region, account.landing, account.defaults,
    account.hash_key, term.scheme, term.currency
from account.account
left join lateral account.term_on(account.account_id, (now() at time zone account.timezone)::date) as term on true
where account.name = %(name)s;

-- account_by_id --
select
    account.account_id, account.name, account.timezone, account.default_region, account.landing, account.defaults,
    account.hash_key, term.scheme, term.currency
from account.account
left join lateral account.term_on(account.account_id, (now() at time zone account.timezone)::date) as term on true
where account.account_id = %(account)s;

-- quiet_hours --
-- Of the country of the account's legal entity, and of these countries.
select distinct hours
from network.quiet_hours
where country = any (%(countries)s::text[])
   or country = (
    select legal_entity.country
    from account.account
    join account.legal_entity using (legal_entity_id)
    where account_id = %(account)s)
order by hours;

-- senders --
-- The addresses that an account may send from on a day, and the operators that let each through. Null: all of them; an
-- operator of whose networks one asks for an approval is only among those that a sender names.
with known as (
    select operator, bool_or(requires_sender_approval) as asks
    from network.network
    where retired_at is null
    group by operator
)

select
    address,
    case
        when operators is not null then operators
        when exists (select from known where asks) then array(select operator from known where not asks)
    end as operators
from account.sender
where account_id = %(account)s
  and approved_from <= %(day)s
  and (approved_to is null or approved_to > %(day)s)
  and (class is null or class = %(class)s);
