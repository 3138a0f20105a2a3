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
with campaign as (
    update intake.campaign
    set opens_at = %(opens_at)s,
        closes_at = %(closes_at)s
    where campaign_id = %(campaign)s
      and closes_at <= now()
    returning campaign_id, opens_at, validity, ends_at
)

update dispatch.batch
set expires_at = least(greatest(batch.not_before, campaign.opens_at) + campaign.validity, campaign.ends_at)
from campaign
where batch.campaign_id = campaign.campaign_id
  and batch.state <> 'done';
