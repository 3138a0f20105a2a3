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
