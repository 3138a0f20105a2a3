-- What intake may throw away.

-- orphans --
select relname
from pg_class
where relnamespace = 'intake'::regnamespace
  and relkind = 'r'
  and relname ~ '^landing_[0-9]+$'
  and not exists (
    select
    from intake.campaign
    where landing_table = relname
);

-- needed_snapshots --
-- Of files that came lately, have no answer, or belong to a campaign that has not ended.
select snapshot
from intake.file
left join intake.campaign using (file_id)
where claimed_at > now() - %(kept)s
   or file.state = 'claimed'
   or campaign.state in ('validated', 'held', 'accepted', 'paused', 'cancelled');

-- forget_changes --
delete from account.base_change
where at <= now() - interval '3 years'
  and not exists (
    select
    from account.base_member
    where base_member.account_id = base_change.account_id
      and base_member.msisdn = base_change.msisdn
);
