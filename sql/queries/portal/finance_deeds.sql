-- What finance chooses from where it records something.

-- names --
select name
from account.account
order by name;
