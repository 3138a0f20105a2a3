-- SLA figures as the marts have them. A customer's transaction sees its own account's rows only; staff name one.

-- months --
select distinct month
from operations.sla
order by month desc
limit 36;

-- overview --
-- Every account's figures of a month.
select account, metric, adjusted, target, state, budget_left
from operations.sla
where month = %(month)s
order by account, length(metric), metric;

-- figures --
select
    sla.metric, sla.raw, sla.adjusted, sla.target, sla.state, sla.exclusions, sla.good, sla.counted, sla.excluded, sla.at_least,
    sla.at_most, sla.budget_left, sla.is_provisional
from operations.sla
where account_id = %(account_id)s
  and month = %(month)s
order by length(metric), metric;

-- hours --
-- By network and hour of the day, on the account's clocks: messages that count, and those delivered.
select
    coalesce(hours.operator, '?') as operator,
    extract(hour from hours.hour at time zone %(timezone)s)::integer as hour,
    sum(hours.counted)::bigint as counted,
    sum(hours.delivered)::bigint as delivered
from operations.sla_hours as hours
where hours.account_id = %(account_id)s
  and hours.month = %(month)s
group by 1, 2
order by 1, 2;

-- days --
select
    hours.day,
    sum(hours.submitted)::bigint as submitted,
    sum(hours.delivered)::bigint as delivered,
    sum(hours.counted)::bigint as counted
from operations.sla_hours as hours
where hours.account_id = %(account_id)s
  and hours.month = %(month)s
group by hours.day
order by hours.day;

-- errors --
select error, max(meaning) as meaning, outcome, sum(messages)::bigint as messages
from operations.sla_errors
where account_id = %(account_id)s
  and month = %(month)s
group by error, outcome
order by messages desc, error
limit 10;

-- sessions --
select bind_group, minutes, missed, announced, missed_announced
from operations.sla_sessions
where account_id = %(account_id)s
  and month = %(month)s
order by bind_group;

-- campaigns --
-- The rows behind a month's figures, campaign by campaign.
select
    campaign, day, messages, submitted, delivered, in_flight, excluded, counted, late, duplicates, punctuality,
    delivered::numeric / nullif(counted, 0) as share
from operations.sla_campaigns
where account_id = %(account_id)s
  and month = %(month)s;

-- account --
select account.account_id, account.timezone
from account.account
where account.name = %(account)s;
