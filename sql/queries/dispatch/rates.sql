-- A rate, of a connector or of a campaign, among the workers that send.

-- lock_rate --
select pg_advisory_xact_lock(hashtextextended('dispatch.rate_share ' || %(scope)s, %(subject)s));

-- claims --
-- What each worker may have sent in the last second, and what it has a use for.
select epoch_id, case when effective_at > clock_timestamp() then greatest(rate, before) else rate end as claim, demand
from dispatch.rate_share
where scope = %(scope)s
  and subject_id = %(subject)s;

-- keep_share --
-- Lowering counts for its owner at once and for the others a second and a half later: until then they go by what it had.
insert into dispatch.rate_share (scope, subject_id, epoch_id, rate, before, demand, effective_at)
values (%(scope)s, %(subject)s, %(epoch)s, %(rate)s, %(rate)s, %(demand)s, clock_timestamp())
on conflict (scope, subject_id, epoch_id) do update
set rate = excluded.rate,
    demand = excluded.demand,
    before = case
        when rate_share.effective_at > clock_timestamp() then greatest(rate_share.before, rate_share.rate)
        else rate_share.rate
    end,
    effective_at = case
        when excluded.rate < rate_share.rate then clock_timestamp() + interval '1.5 seconds'
        else rate_share.effective_at
    end;

-- leave_share --
-- A worker without a session: its share is lowered to nothing first, and a second and a half later it is gone. Gives a row until then.
with gone as (
    delete from dispatch.rate_share
    where scope = %(scope)s
      and subject_id = %(subject)s
      and epoch_id = %(epoch)s
      and rate = 0
      and effective_at < clock_timestamp()
)

update dispatch.rate_share
set rate = 0,
    before = greatest(rate, case when effective_at > clock_timestamp() then before else 0 end),
    effective_at = case when rate > 0 then clock_timestamp() + interval '1.5 seconds' else effective_at end
where scope = %(scope)s
  and subject_id = %(subject)s
  and epoch_id = %(epoch)s
  and (rate > 0 or effective_at >= clock_timestamp())
returning epoch_id;
