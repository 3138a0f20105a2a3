-- The prepaid state of an account at an instant, by the live tables: from a checkpoint on where there is one, else from the start.

-- By the purchases, adjustments, openings and accepted submissions from `since` on; `start` is the state that those before had led to.
-- Planned for each call: only then the partitions before `since` cost nothing.
create function billing.prepaid_state_since(of_account bigint, till timestamptz, since timestamptz, start billing.prepaid_state)
returns billing.prepaid_state
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
begin
    return (
        with

        owner as (

            select timezone from account.account where account_id = of_account

        ),

        -- units are valid for twelve months: what is older has no expiry from `since` on
        money as (

            select
                'opening' as kind, 'opening:' || lot.n as key, opening.at, lot.units, lot.rate, lot.carrying_value as value,
                lot.opened_at, lot.last_valid_day, null as usage_key, row_number() over (order by lot.opened_at, lot.n) as n
            from account.opening
            join account.opening_lot as lot using (account_id, opening_id)
            where opening.account_id = of_account

            union all

            select
                'purchase', business_key, purchase.at, units, rate, null, null,
                billing.last_valid_day((purchase.at at time zone timezone)::date), null, 0
            from account.purchase, owner
            where account_id = of_account
              and purchase.at >= prepaid_state_since.since - interval '13 months'

            union all

            select
                adjustment.kind, business_key, adjustment.at, units, null, net, null,
                case when adjustment.kind = 'grant' then billing.last_valid_day((adjustment.at at time zone timezone)::date) end, usage_key, 0
            from account.adjustment, owner
            where account_id = of_account
              and adjustment.at >= prepaid_state_since.since - interval '13 months'

        ),

        due as (

            select money.*, billing.day_start(money.last_valid_day + 1, timezone) as expires_at, term.vat_rate, term.recharge_tolerance,
                term.currency
            from money, owner, account.term_on(of_account, (money.at at time zone timezone)::date) as term
            where money.at <= till
              and term.scheme = 'prepaid'

        ),

        used as (

            select
                usage.key, usage.segment, usage.charged_at as at, usage.units, term.currency,
                case when usage.charged_at > usage.sent_at then usage.sent_at end as late_from,
                case when usage.segment > 0 then usage.key || ':' || usage.segment else usage.key end as usage_key
            from owner, billing.charged_usage(of_account, prepaid_state_since.since) as usage
            cross join lateral account.term_on(of_account, (usage.charged_at at time zone timezone)::date) as term
            where usage.charged_at <= till
              and term.scheme = 'prepaid'

        ),

        happened as (

            select
                billing.event_rank(kind) as rank, key, n, null::integer as segment, false as is_usage,
                row(kind, key, due.at, units, rate, value, vat_rate, recharge_tolerance, opened_at, last_valid_day, expires_at, usage_key,
                    null, billing.currency_digits(currency))::billing.prepaid_event as event
            from due
            where due.at >= prepaid_state_since.since

            union all

            select distinct
                billing.event_rank('expiry'), '', 0, null::integer, false,
                row('expiry', null, greatest(due.at, expires_at), null, null, null, null, null, null, null, null, null, null,
                    billing.currency_digits(currency))::billing.prepaid_event
            from due
            where greatest(due.at, expires_at) between prepaid_state_since.since and till

            union all

            select
                billing.event_rank('usage'), used.key, 0, used.segment,
                used.late_from is null and (
                    reversal.at is null or (account.term_on(of_account, (reversal.at at time zone timezone)::date)).scheme <> 'prepaid'),
                row('usage', used.usage_key, used.at, used.units, null, null, null, null, null, null, null, null, used.late_from,
                    billing.currency_digits(used.currency))::billing.prepaid_event
            from owner
            cross join used
            left join account.adjustment as reversal
                on reversal.account_id = of_account
                and reversal.usage_key = used.usage_key
                and reversal.at <= till

        ),

        -- plain usage between two other events of a local day is one: it takes the same units from the same lots (CHARGING 18)
        ordered as (

            select
                *,
                row_number() over in_order as n_event,
                count(*) filter (where not is_usage) over in_order as stretch
            from happened
            window in_order as (order by (event).at, rank, n, key collate "C", segment)

        ),

        grouped as (

            select n_event as n, event
            from ordered
            where not is_usage

            union all

            select
                min(n_event),
                row('usage', null, min((event).at), sum((event).units), null, null, null, null, null, null, null, null, null,
                    max((event).digits))::billing.prepaid_event
            from ordered, owner
            where is_usage
            group by stretch, ((event).at at time zone timezone)::date

            union all

            select 0, null
            where prepaid_state_since.since > '-infinity'

        )

        select billing.prepaid_fold_from(case when n = 0 then start end, event order by n)
        from grouped
    );
end
$$;

create function billing.prepaid_state_in_full(of_account bigint, at timestamptz) returns billing.prepaid_state
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select billing.prepaid_state_since(of_account, prepaid_state_in_full.at, '-infinity', null)
$$;

-- The same, without folding anew what the last build has folded already: it costs what happened since then.
create function billing.prepaid_state_at(of_account bigint, at timestamptz) returns billing.prepaid_state
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    checkpoint billing.prepaid_checkpoint := billing.usable_checkpoint(of_account, prepaid_state_at.at);
begin
    if checkpoint.account_id is null then
        return billing.prepaid_state_in_full(of_account, prepaid_state_at.at);
    end if;
    return billing.prepaid_state_since(
        of_account,
        prepaid_state_at.at,
        billing.day_start(checkpoint.day + 1, (select timezone from account.account where account_id = of_account)),
        checkpoint.state);
end
$$;

-- What a refund of that many units at an instant is worth, before tax, by what is recorded then: what its credit notes will say.
create function billing.refund_net(of_account bigint, at timestamptz, units bigint) returns numeric
language sql stable as $$
    select coalesce(sum(movement.against), 0)
    from account.account as owner
    cross join lateral account.term_on(of_account, (refund_net.at at time zone owner.timezone)::date) as term
    cross join lateral unnest((billing.prepaid_step(
        billing.prepaid_state_at(of_account, refund_net.at),
        row('refund', null, refund_net.at, refund_net.units, null, null, term.vat_rate, null, null, null, null, null, null,
            billing.currency_digits(term.currency))::billing.prepaid_event)).movements) as movement
    where owner.account_id = of_account
      and movement.kind = 'refund'
$$;

revoke execute on function billing.prepaid_state_in_full(bigint, timestamptz), billing.prepaid_state_at(bigint, timestamptz) from public;
grant execute on function billing.prepaid_state_at(bigint, timestamptz)
    to outbound_ingest, outbound_dispatch, outbound_billing, outbound_reporting, outbound_operator;
