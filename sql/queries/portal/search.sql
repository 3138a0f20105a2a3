-- One thing and its whole way, for staff: a campaign's row from the file's line to the charge.

-- campaign --
select campaign.campaign_id as campaign, account.name as account, campaign.name, campaign.state, file.file_id as file, file.name as file_name
from intake.campaign
join account.account using (account_id)
join intake.file using (file_id)
where campaign.campaign_id = %(id)s;

-- file --
select file.file_id as file, account.name as account, file.name, file.kind, coalesce(file.outcome, file.state) as state, campaign.campaign_id as campaign
from intake.file
join account.account using (account_id)
left join intake.campaign using (file_id)
where file.file_id = %(id)s
order by campaign.campaign_id desc
limit 1;

-- documents --
select invoice.label, account.name as account, invoice.total, invoice.currency, invoice.issue_day
from billing.invoice
join account.account using (account_id)
where invoice.label = %(label)s;

-- by_carrier_id --
-- Where a carrier's id leads to; ids are given out anew after a time, so there may be several.
select submission.campaign_id as campaign, submission.ordinal, connector.name as connector, submission.sent_at
from dispatch.connector
join dispatch.submission
    on submission.connector_id = connector.connector_id
    and submission.carrier_message_id = %(carrier_id)s
order by submission.sent_at desc
limit 20;

-- message --
select
    message.campaign_id as campaign, message.ordinal, message.line, message.msisdn, message.encoding, message.segments,
    network.operator, message.zone, account.name as account, account.account_id, campaign.accepted_at, campaign.received_at,
    campaign.completed_at, file.name as file_name
from dispatch.message
join intake.campaign using (campaign_id)
join intake.file using (file_id)
join account.account on account.account_id = message.account_id
left join network.network using (network_id)
where message.campaign_id = %(campaign)s
  and message.ordinal = %(ordinal)s;

-- timeline --
-- Each instant of it: attempts, answers, receipts, what was given up. Between two instants given as values: the partitions of other
-- days are not even planned for.
select at, what, detail, segment, attempt
from (
    select
        submission.sent_at as at, 'written' as what, connector.name as detail, submission.segment, submission.attempt
    from dispatch.submission
    join dispatch.connector using (connector_id)
    where submission.campaign_id = %(campaign)s
      and submission.ordinal = %(ordinal)s
      and submission.sent_at between %(from)s and %(until)s
    union all
    select
        answered_at, state::text, coalesce(carrier_message_id, 'status ' || command_status), segment, attempt
    from dispatch.submission
    where campaign_id = %(campaign)s
      and ordinal = %(ordinal)s
      and submission.sent_at between %(from)s and %(until)s
      and answered_at is not null
    union all
    select received_at, 'receipt', 'state ' || state || coalesce(', error ' || error_code, ''), segment, attempt
    from dispatch.receipt_match
    where campaign_id = %(campaign)s
      and ordinal = %(ordinal)s
    union all
    select settled_at, 'settled as ' || state, proof, segment, attempt
    from dispatch.settlement
    where campaign_id = %(campaign)s
      and ordinal = %(ordinal)s
    union all
    select at, 'given up', reason, null, null
    from dispatch.dropped
    where campaign_id = %(campaign)s
      and ordinal = %(ordinal)s
) as step
order by at, segment, attempt;

-- charges --
select charges.*
from finance.charges
where charges.account_id = %(account)s
  and charges.campaign = %(campaign)s
  and charges.ordinal = %(ordinal)s;
