-- The number plan of the operators we know.

-- networks --
select network_id, prefix, operator, country, zone, covered
from network.network
where retired_at is null;

-- ported --
-- Every ported number with its network, 0 where its operator has none; in order.
copy (
    select portability.msisdn, coalesce(of_operator.network_id, 0)
    from network.portability
    left join network.of_operator using (operator, country)
    order by portability.msisdn
) to stdout (format binary);

-- prepaid_zones --
-- The zones that orders of the last year name; the account's usual ones, else the home country's, where there is none, or units came without an order.
select distinct unnest(zones)
from account.purchase
where account_id = %(account)s
  and at > now() - interval '1 year 1 day'
union
select home.zone
from account.account
cross join lateral (
    select jsonb_array_elements_text(account.defaults -> 'zones') as zone
    union all
    select network.zone
    from network.network
    where network.country = account.default_region
      and network.retired_at is null
      and not account.defaults ? 'zones'
) as home
where account.account_id = %(account)s
  and (exists (select from account.opening where account_id = %(account)s)
    or exists (select from account.adjustment where account_id = %(account)s and kind = 'grant')
    or not exists (
        select
        from account.purchase
        where account_id = %(account)s
          and at > now() - interval '1 year 1 day'
    ));
