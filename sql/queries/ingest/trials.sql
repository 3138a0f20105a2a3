-- Numbers that trials of an account's campaigns go to.

-- lock --
-- One registration of an account at a time, so that none goes over the most that there may be.
select pg_advisory_xact_lock(hashtext('account.trial_number'), hashint8(%(account)s));

-- numbers --
select
    trial.msisdn,
    trial.name,
    not exists (
        select
        from account.base_member as member
        where member.account_id = trial.account_id
          and member.msisdn = trial.msisdn
    ) as is_stranger,
    exists (
        select
        from account.opt_out
        where opt_out.msisdn = trial.msisdn
          and (opt_out.account_id = trial.account_id or opt_out.account_id is null)
    ) as is_out
from account.trial_number as trial
where trial.account_id = %(account)s
order by trial.registered_at, trial.msisdn;

-- is_member --
select exists (
    select
    from account.base_member
    where account_id = %(account)s
      and msisdn = %(msisdn)s
);

-- add --
insert into account.trial_number (account_id, msisdn, name, registered_by)
values (%(account)s, %(msisdn)s, %(name)s, %(actor)s)
on conflict do nothing
returning msisdn;

-- remove --
delete from account.trial_number
where account_id = %(account)s
  and msisdn = %(msisdn)s
returning msisdn;
