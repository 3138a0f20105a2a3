-- Campaigns and the expiry of the units that they rely on (CHARGING 15): held from then on, and released by a recharge.

-- due --
-- Accounts with campaigns that may have to stop within seconds: what was sent, or bought, since the last look counts.
select distinct account_id
from intake.campaign
where state = 'accepted'
  and dispatched_at is null
  and units_until <= now() + interval '5 seconds';

-- held --
-- Accounts with campaigns that are held: others may have ended, and left them units.
select distinct account_id
from intake.campaign
where state = 'paused'
  and units_until is not null
  and intake.paused_for(campaign) = 'NO_BALANCE';

-- renew --
select billing.renew_units_until(%(account)s);

-- hold --
-- Once, however many workers look.
with campaign as (
    update intake.campaign
    set state = 'paused'
    where account_id = %(account)s
      and state = 'accepted'
      and dispatched_at is null
      and units_until - interval '2 seconds' <= now()
    returning account_id, campaign_id, units_until
)

insert into intake.campaign_event (account_id, campaign_id, kind, cause, detail)
select
    account_id, campaign_id, 'paused', 'customer',
    jsonb_build_object('by', 'dispatch', 'code', 'NO_BALANCE', 'reason', 'the units it relies on expire; a recharge releases it')
from campaign
returning campaign_id;

-- release --
-- Those that have units again. What waited for them has its validity from now on.
with ready as (
    select campaign_id
    from intake.campaign
    where state = 'paused'
      and units_until > now() + interval '5 seconds'
      and intake.paused_for(campaign) = 'NO_BALANCE'
    for no key update skip locked
),

campaign as (
    update intake.campaign
    set state = 'accepted',
        eligible_at = greatest(eligible_at, now(), opens_at)
    from ready
    where campaign.campaign_id = ready.campaign_id
      and campaign.state = 'paused'
    returning campaign.account_id, campaign.campaign_id
),

event as (
    insert into intake.campaign_event (account_id, campaign_id, kind, cause, detail)
    select
        account_id, campaign_id, 'resumed', 'customer',
        jsonb_build_object('by', 'dispatch', 'code', 'NO_BALANCE', 'reason', 'its account has units for it again')
    from campaign
)

select campaign_id, dispatch.renew_validity(campaign_id), pg_notify('outbound_dispatch', '')
from campaign;
