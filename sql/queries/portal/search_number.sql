-- Who got what: a subscriber's number among the messages of an account in some days. No index leads there: one would cost every
-- message that is taken in, and the days of one account are few.

-- campaigns --
-- Those that came in the days, and how many messages they have.
select array_agg(campaign.campaign_id) as campaigns, coalesce(sum(campaign.messages), 0)::bigint as messages
from intake.campaign
join account.account using (account_id)
where account.name = %(account)s
  and campaign.received_at >= billing.day_start(%(from)s::date, account.timezone)
  and campaign.received_at < billing.day_start(%(until)s::date + 1, account.timezone)
  and campaign.accepted_at is not null;

-- messages --
-- Theirs to the number, or to its hash where retention has removed it. The campaigns are given as values, so that the partitions
-- of others are not even looked at.
with wanted as materialized (
    select account.number_hash(pads.inner_pad, pads.outer_pad, %(number)s) as hash
    from account.account
    cross join lateral account.hash_pads(account.hash_key) as pads
    where account.name = %(account)s
)

select
    message.campaign_id as campaign, message.campaign_id || ':' || message.ordinal as which, message.ordinal, message.line, message.segments,
    campaign.received_at, campaign.state, file.name as file
from dispatch.message
join intake.campaign using (campaign_id)
join intake.file using (file_id)
where message.campaign_id = any(%(campaigns)s::bigint[])
  and (message.msisdn = %(number)s or message.msisdn_hash = (select hash from wanted))
order by message.campaign_id desc, message.ordinal
limit 200;

-- names --
select name
from account.account
order by name;
