-- What is kept for a time only.

-- due_texts --
select campaign_id
from intake.campaign
where completed_at < now() - interval '90 days'
  and texts_removed_at is null
order by campaign_id;

-- remove_texts --
with gone as (
    update dispatch.message
    set text = null
    where campaign_id = %(campaign)s
)

update intake.campaign
set texts_removed_at = now()
where campaign_id = %(campaign)s
returning dispatch.forget_intents(campaign_id);

-- due_numbers --
select campaign_id
from intake.campaign
where completed_at < now() - interval '13 months'
  and numbers_removed_at is null
order by campaign_id;

-- remove_numbers --
with gone as (
    update dispatch.message
    set msisdn_hash = account.number_hash(pads.inner_pad, pads.outer_pad, message.msisdn),
        msisdn = null
    from intake.campaign
    join account.account using (account_id)
    cross join lateral account.hash_pads(account.hash_key) as pads
    where campaign.campaign_id = %(campaign)s
      and message.campaign_id = %(campaign)s
      and message.msisdn is not null
)

update intake.campaign
set numbers_removed_at = now()
where campaign_id = %(campaign)s;

-- forget_receipts --
-- By itself: until its transaction ends no worker can store a receipt.
select dispatch.forget_receipts();

-- forget_replies --
select dispatch.forget_replies();

-- forget_commits --
select dispatch.forget_commits();

-- forget_destinations --
-- Of carriers' statements. What a line says of an attempt of ours stays.
update dispatch.statement_line
set destination = ''
where loaded_at < now() - interval '13 months'
  and destination <> '';
