-- Daily windows and quiet hours: the opening that lasts or comes next stands on the campaign.

-- over --
-- Campaigns whose opening is over, with what the next one follows from.
select
    campaign.campaign_id, campaign.window_opens, campaign.window_closes, campaign.quiet_hours, account.timezone, now()
from intake.campaign
join account.account using (account_id)
where campaign.state in ('accepted', 'paused')
  and campaign.closes_at <= now();

-- move_on --
-- Once, however many workers look. What waited for the window has its validity from the opening on.
with before as (
    select campaign_id, closes_at
    from intake.campaign
    where campaign_id = %(campaign)s
),

campaign as (
    update intake.campaign
    set opens_at = %(opens_at)s,
        closes_at = %(closes_at)s
    from before
    where campaign.campaign_id = before.campaign_id
      and campaign.closes_at <= now()
    returning campaign.account_id, campaign.campaign_id, campaign.opens_at, campaign.validity, campaign.ends_at,
        before.closes_at as closed_at, campaign.quiet_hours, campaign.dispatched_at
),

-- the log of what stopped it: at the hour itself, not when a worker looked
event as (
    insert into intake.campaign_event (account_id, campaign_id, at, kind, cause, detail)
    select
        account_id, campaign_id, closed_at, 'closed', case when quiet_hours = '{}' then 'daily_window' else 'quiet_hours' end,
        jsonb_build_object('opens_at', opens_at)
    from campaign
    where dispatched_at is null
)

update dispatch.batch
set expires_at = least(greatest(batch.not_before, campaign.opens_at) + campaign.validity, campaign.ends_at)
from campaign
where batch.campaign_id = campaign.campaign_id
  and batch.state <> 'done';
