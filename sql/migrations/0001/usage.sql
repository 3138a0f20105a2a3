-- What is charged of an account, as the live tables have it, all of it or since an instant (CHARGING 1, 16).

-- The segments of some campaigns of which an attempt sent before an instant was accepted.
-- A function of its own, so that the many partitions before that instant are planned once a session, and for their indexes.
create function billing.accepted_before(campaigns bigint[], since timestamptz)
returns table (campaign_id bigint, ordinal integer, segment smallint)
language plpgsql stable set enable_seqscan = off as $$
begin
    if since > '-infinity' then
        return query
        select distinct before.campaign_id, before.ordinal, before.segment
        from unnest(campaigns) as wanted (campaign_id)
        cross join lateral (
            select *
            from dispatch.submission
            where submission.campaign_id = wanted.campaign_id
              and submission.sent_at < accepted_before.since
            offset 0
        ) as before
        where before.state = 'accepted'
           or before.state = 'in_doubt' and exists (
            select
            from dispatch.settlement as proof
            where proof.campaign_id = before.campaign_id
              and proof.ordinal = before.ordinal
              and proof.segment = before.segment
              and proof.attempt = before.attempt
              and proof.state = 'accepted'
        );
    end if;
end
$$;

-- [segment], or a record of the loaded past. charged_at is sent_at, but for what came after the close of its month: the start of the
-- first period open then (CHARGING 1, 16). Of what was sent from `since` on, less the segments that were charged before.
-- Nothing of a campaign is sent after it is completed; a day more, for a worker stamps sent_at by a clock of its own.
create function billing.charged_usage(of_account bigint, since timestamptz default '-infinity')
returns table (key text, segment integer, sent_at timestamptz, charged_at timestamptz, zone text, units bigint)
language sql stable as $$
    with

    attempt as (

        select
            submission.campaign_id,
            submission.ordinal,
            submission.campaign_id || ':' || submission.ordinal as key,
            submission.segment::integer as segment,
            submission.attempt,
            submission.sent_at,
            submission.zone,
            1::bigint as units,
            coalesce(proof.load_xid, submission.load_xid) as load_xid,
            coalesce(proof.settled_at, submission.answered_at) as recorded_at
        from intake.campaign
        join dispatch.submission using (campaign_id)
        left join dispatch.settlement as proof
            on proof.campaign_id = submission.campaign_id
            and proof.ordinal = submission.ordinal
            and proof.segment = submission.segment
            and proof.attempt = submission.attempt
            and proof.state = 'accepted'
            and submission.state = 'in_doubt'
        where campaign.account_id = of_account
          and coalesce(campaign.completed_at, 'infinity') >= charged_usage.since - interval '1 day'
          and submission.sent_at >= charged_usage.since
          and (submission.state = 'accepted' or proof.state = 'accepted')

        union all

        select null, null, business_key, 0, 1, at, zone, units, load_xid, recorded_at
        from account.past_usage
        where account_id = of_account
          and at >= charged_usage.since

    ),

    charged_before as (

        select *
        from billing.accepted_before(
            array(select distinct attempt.campaign_id from attempt where attempt.campaign_id is not null), charged_usage.since)

    ),

    dated as (

        select
            attempt.*,
            greatest(attempt.sent_at, closed.ends_at) as charged_at
        from attempt
        cross join lateral (
            select max(period.ends_at) as ends_at
            from billing.closed_period as period
            where period.account_id = of_account
              and period.ends_at > attempt.sent_at  -- the others change nothing, and looking is dear
              and billing.came_after(attempt.load_xid, attempt.recorded_at, period.horizon, period.closed_at, period.cluster)
        ) as closed
        where not exists (
            select
            from charged_before
            where charged_before.campaign_id = attempt.campaign_id
              and charged_before.ordinal = attempt.ordinal
              and charged_before.segment = attempt.segment
        )

    )

    -- the accepted attempt that is charged first: the one with the earliest sent_at, unless a closed month has charged another
    select distinct on (key, segment) key, segment, sent_at, charged_at, zone, units
    from dated
    order by key, segment, charged_at, sent_at, attempt
$$;

-- The units of one usage, by the id that a reversal gives it: a segment that was accepted, or a record of the loaded past; null: neither.
create function billing.used_units(of_account bigint, usage text) returns bigint
language plpgsql stable set enable_seqscan = off as $$
declare
    place text[] := regexp_match(usage, '^(\d{1,18}):(\d{1,9}):(\d{1,4})$');
begin
    return (
        select sum(used.units)
        from (
            select past_usage.units
            from account.past_usage
            where past_usage.account_id = of_account
              and past_usage.business_key = usage

            union all

            select 1
            where exists (
                select
                from dispatch.attempt
                where attempt.campaign_id = place[1]::bigint
                  and attempt.ordinal = place[2]::integer
                  and attempt.segment = place[3]::smallint
                  and attempt.account_id = of_account
                  and attempt.state = 'accepted'
                  and usage = concat_ws(':', attempt.campaign_id, attempt.ordinal, attempt.segment)
            )
        ) as used
    );
end
$$;
