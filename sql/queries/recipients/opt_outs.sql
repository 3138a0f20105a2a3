-- Opt-outs: read by blocks, and changed by a person.

-- own_above --
select string_agg(int8send(msisdn), '')
from (
    select msisdn
    from account.opt_out
    where account_id = %(account)s
      and msisdn > %(after)s
    order by msisdn
    limit %(block)s
) as block;

-- general_above --
select string_agg(int8send(msisdn), '')
from (
    select msisdn
    from account.opt_out
    where account_id is null
      and msisdn > %(after)s
    order by msisdn
    limit %(block)s
) as block;

-- add --
insert into account.opt_out (account_id, msisdn, source)
values (%(account)s, %(msisdn)s, 'operator')
on conflict do nothing
returning opt_out_id, source, opted_out_at;

-- remove --
delete from account.opt_out
where account_id is not distinct from %(account)s
  and msisdn = %(msisdn)s
returning opt_out_id, source, opted_out_at;

-- in_force --
select case when account_id is null then 'everywhere' else 'account' end
from account.opt_out
where msisdn = %(msisdn)s
  and (account_id = %(account)s or account_id is null)
order by account_id nulls last;
