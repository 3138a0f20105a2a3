-- A customer's first page: the balance, what needs attention, what is under way.

-- balance --
select *
from portal.balance();

-- lots --
-- Those with something in them, the one that ends first first.
select *
from portal.lots()
where state = 'open'
  and remaining > 0
order by last_valid_day;

-- notices --
-- What was told of the balance and holds still.
select notice.kind, notice.subject, notice.at, notice.facts
from billing.notice
left join billing.notice_over as over using (account_id, notice_id)
where over.notice_id is null
order by notice.at desc
limit 10;

-- held --
select campaign.campaign_id as campaign, file.name, campaign.held_code, campaign.held_detail
from intake.campaign
join intake.file using (file_id)
where campaign.state = 'held'
order by campaign.campaign_id desc
limit 10;

-- recent --
select campaign.campaign_id as campaign, file.name, campaign.state, file.claimed_at
from intake.campaign
join intake.file using (file_id)
order by campaign.campaign_id desc
limit 5;
