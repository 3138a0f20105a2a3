-- Pause, resume and cancel: one transaction says it, what is in flight is waited for, and what is left is counted.

-- lock --
select account_id, state, coalesce(intake.paused_for(campaign) = 'NO_BALANCE', false)
from intake.campaign
where campaign_id = %(campaign)s
for update;

-- change --
update intake.campaign
set state = %(state)s,
    eligible_at = case when %(state)s = 'accepted' then greatest(eligible_at, now(), opens_at) else eligible_at end
where campaign_id = %(campaign)s;

-- lock_rate --
select account_id, state, rate
from intake.campaign
where campaign_id = %(campaign)s
for update;

-- change_rate --
update intake.campaign
set rate = %(rate)s
where campaign_id = %(campaign)s;

-- renew_validity --
select dispatch.renew_validity(%(campaign)s);

-- add_event --
insert into intake.campaign_event (account_id, campaign_id, kind, cause, detail)
values (%(account)s, %(campaign)s, %(kind)s, %(cause)s, jsonb_build_object('by', %(actor)s::text, 'reason', %(reason)s::text));

-- wake_dispatch --
select pg_notify('outbound_dispatch', '');

-- leased --
select batch_id
from dispatch.batch
where campaign_id = %(campaign)s
  and state = 'leased';

-- await_intent --
-- A worker that intends something holds the batch until its commit: after this every intent that was made while the
-- campaign could go is committed, and no other one can come. One batch at a time, so that nobody waits in a circle.
select batch_id
from dispatch.batch
where batch_id = %(batch)s
for update;

-- drop_next --
select dispatch.drop_next_cancelled(%(campaign)s, %(after)s);

-- under_way --
-- Segments that are intended and have no committed end, and batches that workers hold.
select
    (
        select count(distinct (entry.ordinal, entry.segment))
        from dispatch.epoch
        join dispatch.intent
            on intent.epoch_id = epoch.epoch_id
            and intent.serial >= coalesce((
                select open_from
                from dispatch.group_commit
                where group_commit.epoch_id = epoch.epoch_id
                order by group_commit.serial desc
                limit 1
            ), 0)
            and intent.campaign_id = %(campaign)s
        cross join lateral unnest(intent.ordinals, intent.segments, intent.attempts) as entry (ordinal, segment, attempt)
        where epoch.settled_at is null
          and not exists (
            select
            from dispatch.submission
            where submission.campaign_id = intent.campaign_id
              and submission.ordinal = entry.ordinal
              and submission.segment = entry.segment
              and submission.attempt = entry.attempt
            offset 0  -- looked up one by one: never by reading the log
        )
    ) as in_flight,
    (
        select count(*)
        from dispatch.batch
        where campaign_id = %(campaign)s
          and state = 'leased'
    ) as held;

-- counts --
select campaign.state, progress.segments, progress.accepted, progress.rejected, progress.in_doubt, progress.unknown,
    progress.dropped, progress.unsent
from intake.campaign
join dispatch.campaign_progress as progress using (campaign_id)
where campaign.campaign_id = %(campaign)s;
