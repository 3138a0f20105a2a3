-- What a campaign went through at dispatch, each step once.

-- try_turn --
-- One worker at a time looks, until its transaction ends.
select pg_try_advisory_xact_lock(hashtext('dispatch.completion'), 0);

-- turn --
select pg_advisory_xact_lock(hashtext('dispatch.completion'), 0);

-- first_submissions --
-- The campaigns first and by themselves: what has its event is not looked up in the log again.
with silent as materialized (
    select account_id, campaign_id
    from intake.campaign
    where campaign.accepted_at is not null
      and campaign.completed_at is null
      and not exists (
        select
        from intake.campaign_event
        where campaign_event.campaign_id = campaign.campaign_id
          and campaign_event.kind = 'first_submission'
    )
)

insert into intake.campaign_event (account_id, campaign_id, at, kind)
select silent.account_id, silent.campaign_id, first.sent_at, 'first_submission'
from silent
cross join lateral (
    select min(submission.sent_at) as sent_at
    from dispatch.submission
    where submission.campaign_id = silent.campaign_id
      and submission.state <> 'not_sent'
) as first
where first.sent_at is not null;

-- mark_dispatched --
-- Nothing of these campaigns is left to send: all their batches are done.
with dispatched as (
    update intake.campaign
    set dispatched_at = clock_timestamp()
    where state in ('accepted', 'cancelled')
      and accepted_at is not null
      and dispatched_at is null
      and not exists (
        select
        from dispatch.batch
        where batch.campaign_id = campaign.campaign_id
          and batch.state <> 'done'
    )
    returning account_id, campaign_id
),

event as (
    insert into intake.campaign_event (account_id, campaign_id, kind)
    select account_id, campaign_id, 'dispatched'
    from dispatched
    returning campaign_id
)

select campaign_id, pg_notify('outbound_campaign', campaign_id::text)
from event;

-- awaiting_completion --
select campaign_id
from intake.campaign
where state in ('accepted', 'cancelled')
  and dispatched_at is not null
  and completed_at is null
order by campaign_id;

-- may_be_complete --
-- Whether it is worth reading all of a campaign's log: not while receipts are surely missing. Each segment has one first attempt.
select (
    select count(*)
    from dispatch.receipt_match
    where campaign_id = %(campaign)s
      and final
) >= (
    select count(*)
    from dispatch.submission
    where campaign_id = %(campaign)s
      and state = 'accepted'
      and attempt = 1
) or not exists (
    select
    from dispatch.submission
    where campaign_id = %(campaign)s
      and state in ('accepted', 'in_doubt')
      and sent_at > now() - interval '72 hours'
);

-- mark_completed --
-- Nothing of the campaign is unsent or in doubt, and every accepted segment has its final receipt or waited 72 hours.
with completed as (
    update intake.campaign
    set state = 'completed',
        completed_at = clock_timestamp()
    from dispatch.campaign_progress as progress
    where campaign.campaign_id = %(campaign)s
      and progress.campaign_id = %(campaign)s
      and campaign.state in ('accepted', 'cancelled')
      and progress.unsent = 0
      and progress.in_doubt = 0
      and (progress.final_receipts >= progress.accepted
        or not exists (
            select
            from dispatch.submission
            where submission.campaign_id = %(campaign)s
              and submission.state in ('accepted', 'in_doubt')
              and submission.sent_at > now() - interval '72 hours'
        ))
      and not exists (
        select
        from dispatch.batch
        where batch.campaign_id = %(campaign)s
          and batch.state <> 'done'
    )
    returning campaign.account_id, campaign.campaign_id
),

released as (
    update account.reservation
    set closed_at = clock_timestamp()
    from completed
    where reservation.campaign_id = completed.campaign_id
      and reservation.closed_at is null
),

event as (
    insert into intake.campaign_event (account_id, campaign_id, kind)
    select account_id, campaign_id, 'completed'
    from completed
    returning campaign_id
)

select campaign_id, pg_notify('outbound_campaign', campaign_id::text)
from event;
