-- Local days: when one begins, and the same one twelve months later (CHARGING 4, 5).

-- The same day twelve calendar months later, or that month's last day (CHARGING 4).
create function billing.last_valid_day(bought date) returns date
language sql immutable parallel safe as $$
    select (bought + interval '12 months')::date
$$;

-- The instant a local day begins: after a skipped midnight the hour that follows, of a repeated midnight the first (CHARGING 5).
create function billing.day_start(day date, zone text) returns timestamptz
language sql stable parallel safe as $$
    select min(instant)
    from (values
        (day::timestamp at time zone zone),
        (day::timestamp at time zone zone - interval '1 hour')
    ) as candidate (instant)
    where (instant at time zone zone)::date >= day
$$;
