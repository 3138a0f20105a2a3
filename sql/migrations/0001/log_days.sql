-- The partitions of the logs that grow with each segment.

-- Partitions by UTC day for the logs. Called ahead of time by housekeeping and by each worker as it starts.
create function dispatch.ensure_days(first date, last date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    log text;
    day date;
    name text;
begin
    foreach log in array array['submission', 'receipt'] loop
        for day in select generate_series(first, last, interval '1 day')::date loop
            name := format('%s_%s', log, to_char(day, 'YYYYMMDD'));
            if to_regclass('dispatch.' || name) is null then
                perform pg_advisory_xact_lock(hashtext('dispatch.' || log), 0);
                execute format('create table if not exists dispatch.%I partition of dispatch.%I for values from (%L) to (%L)',
                    name, log, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
            end if;
        end loop;
    end loop;
end
$$;
select dispatch.ensure_days((now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + 3);
