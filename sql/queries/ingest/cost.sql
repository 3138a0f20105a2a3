-- What a campaign is likely to cost.

-- first_rates --
-- The rate of each zone's first tier, by the card in force.
select distinct on (zone) zone, rate
from account.rate_row
where account_id = %(account)s
  and from_unit = 1
  and effective_from <= %(day)s
  and (effective_to is null or effective_to > %(day)s)
order by zone, effective_from desc;
