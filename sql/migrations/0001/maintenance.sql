-- Maintenance that was announced: in its minutes no session is missed, if it was announced early enough (SLA S1).

-- [announcement], of one connector or of all of them. Nothing of it changes: one that does not take place is withdrawn.
create table dispatch.maintenance (
    maintenance_id bigint generated always as identity primary key,
    connector_id integer references dispatch.connector,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    reason text not null check (reason <> ''),
    announced_at timestamptz not null default clock_timestamp(),
    announced_by text not null,
    check (ends_at > starts_at)
);
create index on dispatch.maintenance (ends_at);
comment on column dispatch.maintenance.connector_id is 'Null: every connector.';

create table dispatch.maintenance_withdrawal (
    maintenance_id bigint primary key references dispatch.maintenance,
    withdrawn_at timestamptz not null default clock_timestamp(),
    withdrawn_by text not null
);

-- [announcement that stands], with whether it counts: 72 hours ahead, that is.
create view dispatch.announced_maintenance as
select
    maintenance.maintenance_id,
    maintenance.connector_id,
    maintenance.starts_at,
    maintenance.ends_at,
    maintenance.reason,
    maintenance.announced_at,
    maintenance.announced_by,
    maintenance.announced_at <= maintenance.starts_at - interval '72 hours' as is_in_time
from dispatch.maintenance
where not exists (
    select from dispatch.maintenance_withdrawal as withdrawal where withdrawal.maintenance_id = maintenance.maintenance_id
);

do $$
declare
    frozen text;
begin
    foreach frozen in array array['maintenance', 'maintenance_withdrawal'] loop
        execute format('create trigger never_changes before update or delete on dispatch.%I
            for each row execute function account.refuse_change()', frozen);
        execute format('create trigger never_truncated before truncate on dispatch.%I
            for each statement execute function account.refuse_change()', frozen);
        execute format('alter table dispatch.%I enable always trigger never_changes', frozen);
        execute format('alter table dispatch.%I enable always trigger never_truncated', frozen);
    end loop;
end
$$;
