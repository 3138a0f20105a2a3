-- What the newest good build has counted of a postpaid account's use, so that a limit reads only what is newer from the log.

-- Before which start of a local day, `till` at the latest, the built days from `charged_from` on say all that is charged; null: the log
-- has to be read. While a build runs, or after one that failed, the marts may be of either: nobody knows. So it is where the account's
-- zone or terms have changed since, and where it was prepaid in between: the built days are postpaid ones.
create function billing.built_days_until(of_account bigint, charged_from timestamptz, till timestamptz) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    good billing.good_build;
    zone text := (select timezone from account.account where account_id = of_account);
    is_current boolean;
    ended timestamptz;
    doubt timestamptz;
begin
    select * into good from billing.good_build;
    if good.cluster is distinct from billing.cluster() or to_regclass('intermediate.int_postpaid_days') is null then
        return null;
    end if;
    execute '
        select exists (
            select
            from staging.watermark
            join intermediate.int_basis as basis using (build_id)
            where watermark.build_id = $1
              and basis.account_id = $2
              and basis.what = ''account''
              and basis.fold_basis = billing.fold_basis($2, ''infinity''))'
        into is_current using good.build_id, of_account;
    if not is_current
        or charged_from > '-infinity' and charged_from <> billing.day_start((charged_from at time zone zone)::date, zone)
        or exists (
            select
            from (
                select scheme, lead(effective_from) over (order by effective_from) as next_first_day
                from account.term
                where account_id = of_account
            ) as stretch
            where stretch.scheme = 'prepaid'
              and coalesce(stretch.next_first_day, 'infinity') > (charged_from at time zone zone)::date
        ) then
        return null;
    end if;
    ended := billing.day_start((least(till, good.as_of) at time zone zone)::date, zone);
    loop
        if ended <= charged_from then
            return null;
        end if;
        doubt := billing.first_unread(of_account, ended, good.horizon);
        if doubt is null then
            return ended;
        end if;
        if doubt = '-infinity' then
            return null;
        end if;
        ended := billing.day_start((doubt at time zone zone)::date, zone);
    end loop;
end
$$;

-- The built days from one local day to another, exclusive, at the first tier in force when they were sent, as billing.usage_at_first_tier
-- has them: each at its day's start.
create function billing.built_usage_at_first_tier(of_account bigint, first_day date, next_day date)
returns table (charged_at timestamptz, net numeric)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query execute '
        select billing.day_start(days.charged_day, owner.timezone), days.units * coalesce(card.rate, 0)
        from intermediate.int_postpaid_days as days
        join account.account as owner on owner.account_id = days.account_id
        left join lateral (
            select rate_row.rate
            from account.rate_row
            where rate_row.account_id = days.account_id
              and rate_row.zone = days.zone
              and rate_row.from_unit = 1
              and rate_row.effective_from <= days.sent_day
              and (rate_row.effective_to is null or rate_row.effective_to > days.sent_day)
            order by rate_row.effective_from desc
            limit 1
        ) as card on true
        where days.account_id = $1
          and days.charged_day >= $2
          and days.charged_day < $3'
        using of_account, first_day, next_day;
end
$$;

revoke execute on function billing.built_days_until(bigint, timestamptz, timestamptz),
    billing.built_usage_at_first_tier(bigint, date, date) from public;
