-- Legal entities and accounts by the names that a set-up gives them.

-- entity --
-- By its name; where that is new, by its tax number: then it was renamed.
select legal_entity_id, name
from account.legal_entity
where name = %(name)s
   or tax_id = %(tax_id)s
order by name = %(name)s desc
limit 1;

-- entity_id --
select legal_entity_id
from account.legal_entity
where name = %(name)s;

-- account_id --
select account_id
from account.account
where name = %(name)s;

-- rename --
update account.legal_entity
set name = %(name)s
where legal_entity_id = %(entity)s;
