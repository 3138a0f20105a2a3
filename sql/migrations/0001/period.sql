-- A closed month stays closed: what people record may not lie in one (CHARGING 12, 16). Usage may; it is charged late.

create function billing.keep_closed() returns trigger language plpgsql as $$
declare
    late record;
begin
    -- whoever closes a month of the account waits for what is being recorded, and whoever records waits for the close
    perform account.take_turn(whose.account_id)
    from (select distinct account_id from entered order by account_id) as whose;

    select account.name, entered.business_key, entered.at, period.ends_at into late
    from entered
    join account.account using (account_id)
    join billing.closed_period as period using (account_id)
    where entered.at < period.ends_at
    order by account.name, entered.at, period.ends_at desc
    limit 1;
    if found then
        raise exception '%: % of % UTC lies in a month that is closed; only what happens from % UTC on can be recorded',
            late.name, late.business_key, to_char(late.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
            to_char(late.ends_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI');
    end if;
    return null;
end
$$;

do $$
declare
    dated text;
begin
    foreach dated in array array['purchase', 'payment', 'receivable_change', 'adjustment', 'opening'] loop
        execute format('create trigger keeps_months_closed after insert on account.%I
            referencing new table as entered for each statement execute function billing.keep_closed()', dated);
    end loop;
end
$$;

-- [account]: the month that it has to close next, which is at first the one in which something happened first.
create view billing.month_to_close as
with

happened as (

    select account_id, created_at as at from account.account
    union all
    select account_id, min(at) from account.purchase group by account_id
    union all
    select account_id, min(at) from account.payment group by account_id
    union all
    select account_id, min(at) from account.adjustment group by account_id
    union all
    select account_id, min(at) from account.past_usage group by account_id
    union all
    select account_id, min(at) from account.opening group by account_id

),

begun as (

    select account_id, min(at) as at
    from happened
    group by account_id

),

closed as (

    select account_id, max(month) as month
    from billing.closed_period
    group by account_id

)

select
    account.account_id,
    coalesce(closed.month + interval '1 month', date_trunc('month', begun.at at time zone account.timezone))::date as month
from account.account
join begun using (account_id)
left join closed using (account_id);

-- [attempt] of which nobody knows yet what became of it: in doubt, or intended and without an answer (CHARGING 16).
create view billing.unsettled_attempt as
select account_id, campaign_id, ordinal, connector_id, sent_at as at
from dispatch.doubt
union all
select intent.account_id, intent.campaign_id, entry.ordinal, intent.connector_id, intent.intended_at
from dispatch.epoch
join dispatch.intent using (epoch_id)
cross join lateral unnest(intent.ordinals, intent.segments, intent.attempts) as entry (ordinal, segment, attempt)
where epoch.settled_at is null
  and intent.serial >= coalesce(
    (select max(open_from) from dispatch.group_commit where group_commit.epoch_id = epoch.epoch_id), 0)
  and not exists (
    select
    from dispatch.submission
    where submission.campaign_id = intent.campaign_id
      and submission.ordinal = entry.ordinal
      and submission.segment = entry.segment
      and submission.attempt = entry.attempt
);

-- What lies before the end of a month and has not been read by the marts yet: a month is not closed without it. Rows of above the
-- snapshot's end came with a restored database, and were read.
create function billing.unread_facts(of_account bigint, ends_at timestamptz) returns bigint
language sql stable as $$
    with

    fact as (

        select at, load_xid from account.purchase where account_id = of_account
        union all
        select at, load_xid from account.payment where account_id = of_account
        union all
        select at, load_xid from account.receivable_change where account_id = of_account
        union all
        select at, load_xid from account.adjustment where account_id = of_account
        union all
        select at, load_xid from account.opening where account_id = of_account
        union all
        select at, load_xid from account.past_usage where account_id = of_account
        union all
        select sent_at, load_xid from dispatch.submission where account_id = of_account and state = 'accepted'
        union all
        select submission.sent_at, proof.load_xid
        from dispatch.settlement as proof
        join dispatch.submission using (account_id, campaign_id, ordinal, segment, attempt)
        where proof.account_id = of_account
          and proof.state = 'accepted'

    )

    select count(*)
    from fact
    where fact.at < unread_facts.ends_at
      and fact.load_xid >= billing.facts_horizon()
      and fact.load_xid < pg_snapshot_xmax(pg_current_snapshot())
$$;
