-- The people of a customer, for its own administrator.

-- people --
select *
from portal.people();

-- person --
select *
from portal.people()
where person_id = %(person)s;
