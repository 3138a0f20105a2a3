-- From which checkpoint the live fold may go on: one that knows every event before the end of its day as it is today.

-- When a usage's first attempt before an instant was sent; null without one.
create function billing.first_sent(of_account bigint, of_usage text, before timestamptz) returns timestamptz
language plpgsql stable set enable_seqscan = off as $$
declare
    place text[] := regexp_match(of_usage, '^(\d{1,18}):(\d{1,9}):(\d{1,4})$');
begin
    return least(
        (
            select min(submission.sent_at)
            from dispatch.submission
            where submission.campaign_id = place[1]::bigint
              and submission.ordinal = place[2]::integer
              and submission.segment = place[3]::smallint
              and submission.account_id = of_account
              and submission.sent_at < before
        ),
        (
            select past_usage.at
            from account.past_usage
            where past_usage.account_id = of_account
              and past_usage.business_key = of_usage
              and past_usage.at < before
        )
    );
end
$$;

-- When the first attempt before an instant was sent whose acceptance came with a transaction id of `since` or above.
-- Planned once a session: there are many partitions, and what is new in old ones is next to nothing.
create function billing.first_new_attempt(of_account bigint, before timestamptz, since xid8) returns timestamptz
language plpgsql stable set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
    return least(
        (
            select min(submission.sent_at)
            from dispatch.submission
            where submission.account_id = of_account
              and submission.load_xid >= since
              and submission.sent_at < before
              and submission.state in ('accepted', 'in_doubt')  -- the proof of a doubt may have come before it
        ),
        (
            select min(doubted.sent_at)
            from dispatch.settlement
            cross join lateral (
                select submission.sent_at
                from dispatch.submission
                where submission.campaign_id = settlement.campaign_id
                  and submission.ordinal = settlement.ordinal
                  and submission.segment = settlement.segment
                  and submission.attempt = settlement.attempt
                  and submission.sent_at < before
                offset 0
            ) as doubted
            where settlement.account_id = of_account
              and settlement.state = 'accepted'
              and settlement.load_xid >= since
        )
    );
end
$$;

-- The first event of an account before an instant that a build which read below a horizon may not have there; null: it has them all.
-- Usage that was late for a month that ends at the instant or later is charged there, known or not (CHARGING 16).
-- Planned for each call: only the values tell that what is new is little.
create function billing.first_unread(of_account bigint, before timestamptz, horizon xid8) returns timestamptz
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
declare
    closed record;
    since xid8;
    recorded timestamptz;
begin
    select min(period.horizon) as horizon, bool_or(period.cluster <> billing.cluster()) as is_foreign
    into closed
    from billing.closed_period as period
    where period.account_id = of_account
      and period.ends_at >= before;
    if closed.is_foreign then
        return '-infinity';
    end if;
    since := least(first_unread.horizon, closed.horizon);
    select min(fact.at) into recorded
    from (
        select purchase.at
        from account.purchase
        where purchase.account_id = of_account
          and purchase.load_xid >= first_unread.horizon

        union all

        select adjustment.at
        from account.adjustment
        where adjustment.account_id = of_account
          and adjustment.load_xid >= first_unread.horizon

        union all

        select opening.at
        from account.opening
        where opening.account_id = of_account
          and opening.load_xid >= first_unread.horizon

        union all

        select past_usage.at
        from account.past_usage
        where past_usage.account_id = of_account
          and past_usage.load_xid >= since

        offset 0
    ) as fact
    where fact.at < before;
    return least(recorded, billing.first_new_attempt(of_account, before, since));
end
$$;

-- The first usage before an instant that a build has told apart for a reversal, and the fold up to `at` would not, or the other way
-- round; null: none. What stands alone in the state already, being late, does so for either.
create function billing.first_misjudged(
    of_account bigint, before timestamptz, till timestamptz, state billing.prepaid_state, horizon xid8, as_of timestamptz
) returns timestamptz
language plpgsql stable as $$
declare
    apart text[] := array(
        select taken.usage_key from unnest(state.taken) as taken
        union
        select shortfall.usage_key from unnest(state.shortfalls) as shortfall where shortfall.usage_key is not null
    );
begin
    return (
        select min(billing.first_sent(of_account, reversal.usage_key, before))
        from (
            select
                adjustment.usage_key,
                adjustment.load_xid < first_misjudged.horizon and adjustment.at <= first_misjudged.as_of as is_known,
                adjustment.at <= till as has_happened
            from account.adjustment
            where adjustment.account_id = of_account
              and adjustment.kind = 'reversal'
              and (adjustment.load_xid >= first_misjudged.horizon or adjustment.at > least(till, first_misjudged.as_of))
        ) as reversal
        where reversal.is_known <> reversal.has_happened
          and reversal.has_happened <> (reversal.usage_key = any (apart))
    );
end
$$;

-- The newest checkpoint from which the fold up to an instant comes to what it comes to from the start; null without one.
-- What the newest good build has left is as it would make it for its horizon and its instant, whichever build wrote it.
create function billing.usable_checkpoint(of_account bigint, at timestamptz) returns billing.prepaid_checkpoint
language plpgsql stable as $$
declare
    good billing.good_build;
    zone text := (select timezone from account.account where account_id = of_account);
    latest timestamptz := usable_checkpoint.at;
    found billing.prepaid_checkpoint;
    ended timestamptz;
    doubt timestamptz;
begin
    select * into good from billing.good_build;
    if good.cluster is distinct from billing.cluster() then
        return null;
    end if;
    loop
        select checkpoint.* into found
        from billing.prepaid_checkpoint as checkpoint
        where checkpoint.account_id = of_account
          and checkpoint.day <= (latest at time zone zone)::date
          and checkpoint.build_id between 1 and good.build_id  -- 0: of models that were run by hand
          and billing.day_start(checkpoint.day + 1, zone) <= least(latest, checkpoint.as_of)
          and checkpoint.basis = billing.fold_basis(of_account, checkpoint.day)
        order by checkpoint.day desc
        limit 1;
        if found.account_id is null then
            return null;
        end if;
        ended := billing.day_start(found.day + 1, zone);
        doubt := billing.first_unread(of_account, ended, good.horizon);
        if doubt is null then
            doubt := billing.first_misjudged(of_account, ended, usable_checkpoint.at, found.state, good.horizon, good.as_of);
        end if;
        if doubt is null then
            return found;
        end if;
        latest := doubt;
    end loop;
end
$$;
