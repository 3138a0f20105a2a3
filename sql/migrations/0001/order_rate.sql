-- What an order of units costs by the card.

-- The rate that an account's card has for an order on a local day, at the tier of its units (CHARGING 12), and the zones it is for.
-- Several rows: the zones differ, and the order has to name one. `in_zone` null: any.
create function billing.order_rate(of_account bigint, day date, units bigint, in_zone text) returns table (rate numeric, zones text[])
language sql stable as $$
    with

    card as (

        select zone, max(effective_from) as effective_from
        from account.rate_row
        where account_id = of_account
          and effective_from <= day
          and (effective_to is null or effective_to > day)
          and (in_zone is null or zone = in_zone)
        group by zone

    ),

    tier as (

        select distinct on (rate_row.zone) rate_row.zone, rate_row.rate
        from card
        join account.rate_row using (zone, effective_from)
        where rate_row.account_id = of_account
          and rate_row.from_unit <= units
        order by rate_row.zone, rate_row.from_unit desc

    )

    select tier.rate, array_agg(tier.zone order by tier.zone)
    from tier
    group by tier.rate
$$;
