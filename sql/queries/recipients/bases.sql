-- An account's base: which version it is, and its members by blocks.

-- version --
select version, mark, members
from account.base_version
where account_id = %(account)s;

-- versions --
select account_id, version, mark, members
from account.base_version
order by account_id;

-- members_above --
select string_agg(int8send(msisdn), '')
from (
    select msisdn
    from account.base_member
    where account_id = %(account)s
      and msisdn > %(after)s
    order by msisdn
    limit %(block)s
) as block;
