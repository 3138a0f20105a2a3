-- What a campaign is likely to cost.

-- tiers --
-- Of each zone, by the card in force.
select distinct on (zone, from_unit) zone, from_unit, rate
from account.rate_row
where account_id = %(account)s
  and effective_from <= %(day)s
  and (effective_to is null or effective_to > %(day)s)
order by zone, from_unit, effective_from desc;

-- tiering --
select coalesce(term.tier_mode, 'graduated'), coalesce(term.tier_scope, 'zone')
from account.term_on(%(account)s, %(day)s) as term;

-- used_since --
-- Segments that carriers accepted, and usage of the loaded past, by zone.
select zone, sum(units)::bigint
from (
    select submission.zone, count(*) as units
    from intake.campaign
    join dispatch.submission using (campaign_id)
    where campaign.account_id = %(account)s
      and submission.state = 'accepted'
      and submission.sent_at >= %(since)s
    group by submission.zone
    union all
    select zone, units
    from account.past_usage
    where account_id = %(account)s
      and at >= %(since)s
) as used
group by zone;

-- last_rate --
-- Of the last order, else of the youngest lot that a migrating account brought along.
select rate
from (
    select at, 0 as n, rate
    from account.purchase
    where account_id = %(account)s
      and at <= now()
    union all
    select opened_at, n, rate
    from account.opening_lot
    where account_id = %(account)s
) as bought
order by at desc, n desc
limit 1;
