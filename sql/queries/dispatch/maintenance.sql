-- Maintenance that is announced: what stands, and what was withdrawn before it began.

-- connector --
select connector_id
from dispatch.connector
where name = %(name)s;

-- announce --
insert into dispatch.maintenance (connector_id, starts_at, ends_at, reason, announced_by)
values (%(connector)s, %(starts_at)s, %(ends_at)s, %(reason)s, %(actor)s)
returning maintenance_id, announced_at, announced_at <= starts_at - interval '72 hours' as counts;

-- withdraw --
-- Only what has not begun: by then it was kept, or not.
insert into dispatch.maintenance_withdrawal (maintenance_id, withdrawn_by)
select maintenance_id, %(actor)s
from dispatch.announced_maintenance
where maintenance_id = %(maintenance)s
  and starts_at > now()
on conflict do nothing
returning maintenance_id;

-- announced --
-- What stands and is not over, and on request what is.
select
    maintenance.maintenance_id as maintenance,
    connector.name as connector,
    maintenance.starts_at,
    maintenance.ends_at,
    maintenance.is_in_time as counts,
    maintenance.reason,
    maintenance.announced_at,
    maintenance.announced_by
from dispatch.announced_maintenance as maintenance
left join dispatch.connector using (connector_id)
where maintenance.ends_at > now()
   or %(all)s
order by maintenance.starts_at, maintenance.maintenance_id;
