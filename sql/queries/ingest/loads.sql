-- Bases and opt-outs, loaded whole or not at all.

-- make_incoming --
-- The rows that can be used, as they stand in the file.
create temporary table incoming_row (
    place bigint not null,
    msisdn bigint not null,
    is_removal boolean not null,
    consent_date date,
    attributes jsonb
) on commit drop;

-- take_memory --
-- For the sorts and joins of millions of rows, until the transaction ends.
select set_config('work_mem', '64MB', true), set_config('maintenance_work_mem', '128MB', true);

-- settle_incoming --
-- The last row of a number counts.
create temporary table incoming_member on commit drop as
select distinct on (msisdn) msisdn, is_removal, consent_date, attributes
from incoming_row
order by msisdn, place desc;

-- key_incoming --
alter table incoming_member add primary key (msisdn);

-- analyze_incoming --
analyze incoming_member;

-- drop_incoming --
drop table incoming_row, incoming_member;

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

-- remove_missing --
-- A full base is all of it.
with removed as (
    delete from account.base_member
    where account_id = %(account)s
      and not exists (select from incoming_member where incoming_member.msisdn = base_member.msisdn)
    returning msisdn, consent_date
)

insert into account.base_change (account_id, msisdn, kind, consent_date, file_id)
select %(account)s, msisdn, 'removed', consent_date, %(file)s
from removed;

-- remove_members --
with removed as (
    delete from account.base_member
    using incoming_member
    where base_member.account_id = %(account)s
      and base_member.msisdn = incoming_member.msisdn
      and incoming_member.is_removal
    returning base_member.msisdn, base_member.consent_date
)

insert into account.base_change (account_id, msisdn, kind, consent_date, file_id)
select %(account)s, msisdn, 'removed', consent_date, %(file)s
from removed;

-- change_members --
-- A member stays the member it was: only the rows of which something changed are written anew.
with changed as (
    select
        incoming.msisdn, incoming.consent_date, incoming.attributes,
        member.consent_date is distinct from incoming.consent_date as has_other_consent
    from incoming_member as incoming
    join account.base_member as member
        on member.account_id = %(account)s
        and member.msisdn = incoming.msisdn
    where not incoming.is_removal
      and (member.consent_date, member.attributes) is distinct from (incoming.consent_date, incoming.attributes)
),

written as (
    update account.base_member
    set consent_date = changed.consent_date,
        attributes = changed.attributes,
        file_id = %(file)s
    from changed
    where base_member.account_id = %(account)s
      and base_member.msisdn = changed.msisdn
)

insert into account.base_change (account_id, msisdn, kind, consent_date, file_id)
select %(account)s, msisdn, 'consent_changed', consent_date, %(file)s
from changed
where has_other_consent;

-- add_members --
with added as (
    insert into account.base_member (account_id, msisdn, consent_date, attributes, file_id)
    select %(account)s, msisdn, consent_date, attributes, %(file)s
    from incoming_member
    where not is_removal
      and not exists (
        select
        from account.base_member as member
        where member.account_id = %(account)s
          and member.msisdn = incoming_member.msisdn
    )
    order by msisdn
    on conflict do nothing
    returning msisdn, consent_date
)

insert into account.base_change (account_id, msisdn, kind, consent_date, file_id)
select %(account)s, msisdn, 'added', consent_date, %(file)s
from added;

-- has_removals --
select exists (select from incoming_member where is_removal);

-- add_opt_outs --
insert into account.opt_out (account_id, msisdn, source, file_id)
select %(account)s, msisdn, 'file', %(file)s
from incoming_member
on conflict do nothing;
