-- What the demo reads of the platform: the tables that customers and finance read, and nothing beneath them.

-- logged --
-- Segments of these accounts that the log has as accepted, the distinct ones of them, and those whose end is not known.
select
    count(*) filter (where state = 'accepted'),
    count(distinct (campaign, line, segment)) filter (where state = 'accepted'),
    count(*) filter (where state in ('in_doubt', 'unknown'))
from dispatch.submissions
where account = any (%(accounts)s);

-- charged --
select count(*)
from finance.charges
where account = any (%(accounts)s);

-- charged_by_campaign --
select campaign, count(*)
from finance.charges
where campaign = any (%(campaigns)s)
group by campaign;

-- outcomes --
-- What became of each message of these campaigns.
select campaign, outcome, count(*)
from operations.message_outcomes
where campaign = any (%(campaigns)s)
group by campaign, outcome;

-- lots --
select account, remaining, rate, last_valid_day
from finance.prepaid_lots
where account = any (%(accounts)s)
  and state = 'open'
order by account, last_valid_day;

-- invoices --
select account, invoice, currency, sum(net + vat)
from finance.invoice_lines
where account = any (%(accounts)s)
  and month = %(month)s
  and kind <> 'purchase'
  and status = 'issued'
group by account, invoice, currency
order by account;

-- deferred --
-- Deferred revenue in the ledger, and what the open lots are worth.
select
    coalesce((
        select sum(credit - debit)
        from finance.ledger_entries
        where account = any (%(accounts)s)
          and ledger_account like '2100%%'), 0),
    coalesce((
        select sum(carrying_value)
        from finance.prepaid_lots
        where account = any (%(accounts)s)
          and state = 'open'), 0);

-- sla --
-- This month's figures of these accounts together.
select
    metric,
    sum(good),
    sum(counted),
    bool_or(state = 'settling')
from operations.sla
where account = any (%(accounts)s)
  and month = %(month)s
  and metric in ('S3', 'S6', 'S14')
group by metric
order by length(metric), metric;

-- held --
-- The files of campaigns that are held: a recharge may release them.
select file.name
from intake.campaign
join intake.file using (file_id)
join account.account on account.account_id = campaign.account_id
where account.name = any (%(accounts)s)
  and campaign.state = 'held';

-- available --
select billing.available_units(account_id, now())
from account.account
where name = %(account)s;

-- built --
select
from billing.build
where started_at > %(since)s
  and outcome = 'ok'
limit 1;
