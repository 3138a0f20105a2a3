-- Bases and opt-outs, loaded whole or not at all.

-- lock_loads --
-- One load of an account at a time.
select pg_advisory_xact_lock(hashtext('account.base_member'), hashint8(%(account)s));

-- newer_full_base --
select file_id
from intake.file
where account_id = %(account)s
  and kind = 'base'
  and file_id > %(file)s
  and outcome in ('accepted', 'partial')
  and ack ->> 'load' = 'full'
limit 1;

-- make_incoming --
create temporary table incoming_member (msisdn bigint primary key, consent_date date, attributes jsonb) on commit drop;

-- analyze_incoming --
analyze incoming_member;

-- remove_missing --
-- A full base is all of it.
delete from account.base_member
where account_id = %(account)s
  and not exists (select from incoming_member where incoming_member.msisdn = base_member.msisdn);

-- remove_members --
delete from account.base_member
where account_id = %(account)s
  and msisdn = any (%(msisdns)s);

-- add_members --
-- A member stays the member it was; its row is written anew where something of it changed.
insert into account.base_member (account_id, msisdn, consent_date, attributes, file_id)
select %(account)s, msisdn, consent_date, attributes, %(file)s
from incoming_member
on conflict (account_id, msisdn) do update
set consent_date = excluded.consent_date,
    attributes = excluded.attributes,
    file_id = excluded.file_id
where (base_member.consent_date, base_member.attributes) is distinct from (excluded.consent_date, excluded.attributes);

-- drop_incoming --
drop table incoming_member;

-- add_opt_outs --
insert into account.opt_out (account_id, msisdn, source, file_id)
select %(account)s, msisdn, 'file', %(file)s
from unnest(%(msisdns)s::bigint[]) as msisdn
on conflict do nothing;
