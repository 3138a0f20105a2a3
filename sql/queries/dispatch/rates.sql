-- The rate of a connector among its workers.

-- lock_rate --
select pg_advisory_xact_lock(hashtext('dispatch.rate_share'), %(connector)s);

-- adjust_share --
-- An equal part for each worker that takes part, in whole segments; the oldest have one more where it does not divide.
-- Lowering counts for its owner at once and for the others a second and a half later; nobody raises before that, nor above what the
-- others leave. A change of the contract follows the same way.
with part as (
    select
        coalesce(sum(rate) filter (where epoch_id <> %(epoch)s), 0) as others,
        coalesce(max(rate) filter (where epoch_id = %(epoch)s), 0) as own,
        coalesce(bool_or(effective_at > clock_timestamp()) filter (where epoch_id <> %(epoch)s), false) as settling,
        count(*) filter (where epoch_id <> %(epoch)s) + 1 as workers,
        count(*) filter (where epoch_id < %(epoch)s) as older
    from dispatch.rate_share
    where connector_id = %(connector)s
),

target as (
    select
        own, settling, others,
        %(rate)s::integer / workers + case when older < %(rate)s::integer %% workers then 1 else 0 end as fair
    from part
),

wanted as (
    select
        case
            when own > fair then fair
            when settling then own
            else greatest(own, least(fair, %(rate)s::integer - others), 0)
        end as rate
    from target
)

insert into dispatch.rate_share (connector_id, epoch_id, rate, effective_at)
select %(connector)s, %(epoch)s, rate, clock_timestamp()
from wanted
on conflict (connector_id, epoch_id) do update
set rate = excluded.rate,
    effective_at = case
        when excluded.rate < rate_share.rate then clock_timestamp() + interval '1.5 seconds'
        else rate_share.effective_at
    end
returning rate::integer;

-- leave_share --
-- A worker without a session: its share is lowered to nothing first, and a second and a half later it is gone. Gives a row until then.
with gone as (
    delete from dispatch.rate_share
    where connector_id = %(connector)s
      and epoch_id = %(epoch)s
      and rate = 0
      and effective_at < clock_timestamp()
)

update dispatch.rate_share
set rate = 0,
    effective_at = case when rate > 0 then clock_timestamp() + interval '1.5 seconds' else effective_at end
where connector_id = %(connector)s
  and epoch_id = %(epoch)s
  and (rate > 0 or effective_at >= clock_timestamp())
returning epoch_id;
