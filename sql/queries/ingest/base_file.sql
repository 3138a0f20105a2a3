-- An account's base as a campaign's file.

-- attributes --
-- The names of what a base says of its members.
select distinct attribute
from account.base_member
cross join lateral jsonb_object_keys(attributes) as attribute
where account_id = %(account)s
order by attribute;
