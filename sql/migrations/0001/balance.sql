-- What an account may still send, by the live tables: the prepaid fold or the credit limit, less what campaigns hold (CHARGING 7, 13, 15).

-- What is charged of an account, as the live tables have it: [segment], or a record of the loaded past.
-- charged_at is sent_at, but for what came after the close of its month: the start of the first period open then (CHARGING 1, 16).
create function billing.charged_usage(of_account bigint)
returns table (key text, segment integer, sent_at timestamptz, charged_at timestamptz, zone text, units bigint)
language sql stable as $$
    with

    attempt as (

        select
            submission.campaign_id || ':' || submission.ordinal as key,
            submission.segment::integer as segment,
            submission.attempt,
            submission.sent_at,
            submission.zone,
            1::bigint as units,
            coalesce(proof.load_xid, submission.load_xid) as load_xid,
            coalesce(proof.settled_at, submission.answered_at) as recorded_at
        from intake.campaign
        join dispatch.submission using (campaign_id)
        left join dispatch.settlement as proof
            on proof.campaign_id = submission.campaign_id
            and proof.ordinal = submission.ordinal
            and proof.segment = submission.segment
            and proof.attempt = submission.attempt
            and proof.state = 'accepted'
            and submission.state = 'in_doubt'
        where campaign.account_id = of_account
          and (submission.state = 'accepted' or proof.state = 'accepted')

        union all

        select business_key, 0, 1, at, zone, units, load_xid, recorded_at
        from account.past_usage
        where account_id = of_account

    ),

    dated as (

        select
            attempt.*,
            greatest(attempt.sent_at, closed.ends_at) as charged_at
        from attempt
        cross join lateral (
            select max(period.ends_at) as ends_at
            from billing.closed_period as period
            where period.account_id = of_account
              and period.ends_at > attempt.sent_at  -- the others change nothing, and looking is dear
              and billing.came_after(attempt.load_xid, attempt.recorded_at, period.horizon, period.closed_at, period.cluster)
        ) as closed

    )

    -- the accepted attempt that is charged first: the one with the earliest sent_at, unless a closed month has charged another
    select distinct on (key, segment) key, segment, sent_at, charged_at, zone, units
    from dated
    order by key, segment, charged_at, sent_at, attempt
$$;

-- The prepaid state of an account at an instant, by its purchases, adjustments, openings and accepted submissions up to then.
create function billing.prepaid_state_at(of_account bigint, at timestamptz) returns billing.prepaid_state
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with

    owner as (

        select timezone from account.account where account_id = of_account

    ),

    money as (

        select
            'opening' as kind, 'opening:' || lot.n as key, opening.at, lot.units, lot.rate, lot.carrying_value as value,
            lot.opened_at, lot.last_valid_day, null as usage_key, lot.n
        from account.opening
        join account.opening_lot as lot using (account_id, opening_id)
        where opening.account_id = of_account

        union all

        select
            'purchase', business_key, purchase.at, units, rate, null, null,
            billing.last_valid_day((purchase.at at time zone timezone)::date), null, 0
        from account.purchase, owner
        where account_id = of_account

        union all

        select
            adjustment.kind, business_key, adjustment.at, units, null, null, null,
            case when adjustment.kind = 'grant' then billing.last_valid_day((adjustment.at at time zone timezone)::date) end, usage_key, 0
        from account.adjustment, owner
        where account_id = of_account

    ),

    due as (

        select money.*, billing.day_start(money.last_valid_day + 1, timezone) as expires_at, term.vat_rate, term.recharge_tolerance,
            term.currency
        from money, owner, account.term_on(of_account, (money.at at time zone timezone)::date) as term
        where money.at <= prepaid_state_at.at

    ),

    used as (

        select
            usage.key, usage.segment, usage.charged_at as at, usage.units, term.currency,
            case when usage.charged_at > usage.sent_at then usage.sent_at end as late_from,
            case when usage.segment > 0 then usage.key || ':' || usage.segment else usage.key end as usage_key
        from owner, billing.charged_usage(of_account) as usage
        cross join lateral account.term_on(of_account, (usage.charged_at at time zone timezone)::date) as term
        where usage.charged_at <= prepaid_state_at.at
          and term.scheme = 'prepaid'

    ),

    happened as (

        select
            billing.event_rank(kind) as rank, key, n, null::integer as segment, false as is_usage,
            row(kind, key, due.at, units, rate, value, vat_rate, recharge_tolerance, opened_at, last_valid_day, expires_at, usage_key, null,
                billing.currency_digits(currency))::billing.prepaid_event as event
        from due

        union all

        select distinct
            billing.event_rank('expiry'), '', 0, null::integer, false,
            row('expiry', null, greatest(due.at, expires_at), null, null, null, null, null, null, null, null, null, null,
                billing.currency_digits(currency))::billing.prepaid_event
        from due
        where greatest(due.at, expires_at) <= prepaid_state_at.at

        union all

        select
            billing.event_rank('usage'), key, 0, segment, late_from is null and usage_key not in (
                select due.usage_key from due where due.usage_key is not null),
            row('usage', usage_key, used.at, units, null, null, null, null, null, null, null, null, late_from,
                billing.currency_digits(currency))::billing.prepaid_event
        from used

    ),

    -- plain usage between two other events is one: it takes the same units from the same lots (CHARGING 18)
    ordered as (

        select
            *,
            row_number() over in_order as n_event,
            count(*) filter (where not is_usage) over in_order as stretch
        from happened
        window in_order as (order by (event).at, rank, n, key collate "C", segment)

    ),

    grouped as (

        select min(n_event) as n, event
        from ordered
        where not is_usage
        group by n_event, event

        union all

        select
            min(n_event),
            row('usage', null, min((event).at), sum((event).units), null, null, null, null, null, null, null, null, null,
                max((event).digits))::billing.prepaid_event
        from ordered
        where is_usage
        group by stretch

    )

    select billing.prepaid_fold(event order by n)
    from grouped
$$;

-- What an account owes at an instant by what is recorded: the ledger's receivable (1200), without a build. Negative: money on account.
create function billing.owed(of_account bigint, at timestamptz) returns numeric
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce((select sum(receivable) from account.opening where account_id = of_account and opening.at <= owed.at), 0)
        + coalesce((
            select sum(
                sale.net + round(sale.net * sale.vat_rate, billing.currency_digits(term.currency)) - sale.credited - sale.vat_credited)
            from account.account as owner
            cross join lateral account.term_on(of_account, (owed.at at time zone owner.timezone)::date) as term
            cross join lateral unnest((billing.prepaid_state_at(of_account, owed.at)).sales) as sale
            where owner.account_id = of_account
              and (exists (select from account.purchase where purchase.account_id = of_account)
                or exists (select from account.opening where opening.account_id = of_account))), 0)
        + coalesce((
            select sum(invoice.total - coalesce(credited.amount, 0))
            from billing.invoice
            left join lateral (
                select sum(net + vat) as amount
                from billing.credit_note as note
                where note.invoice_id = invoice.invoice_id
                  and note.issued_at <= owed.at
            ) as credited on true
            where invoice.account_id = of_account
              and invoice.kind = 'month'
              and invoice.issued_at <= owed.at
              and not exists (select from billing.void where void.invoice_id = invoice.invoice_id and void.voided_at <= owed.at)), 0)
        - coalesce((select sum(amount + withheld) from account.payment where account_id = of_account and payment.at <= owed.at), 0)
$$;

-- What was charged of an account, at the first tier in force when it was sent, so that tiers and discounts never lift a limit.
create function billing.usage_at_first_tier(of_account bigint) returns table (charged_at timestamptz, net numeric)
language sql stable as $$
    select usage.charged_at, usage.units * coalesce(card.rate, 0)
    from account.account as owner
    cross join billing.charged_usage(of_account) as usage
    left join lateral (
        select rate_row.rate
        from account.rate_row
        where rate_row.account_id = of_account
          and rate_row.zone = usage.zone
          and rate_row.from_unit = 1
          and rate_row.effective_from <= (usage.sent_at at time zone owner.timezone)::date
          and (rate_row.effective_to is null or rate_row.effective_to > (usage.sent_at at time zone owner.timezone)::date)
        order by rate_row.effective_from desc
        limit 1
    ) as card on true
    where owner.account_id = of_account
$$;

-- The dearest first tier in force on a local day; null without one.
create function billing.dearest_rate(of_account bigint, day date) returns numeric
language sql stable as $$
    select max(rate)
    from account.rate_row
    where account_id = of_account
      and from_unit = 1
      and effective_from <= day
      and (effective_to is null or effective_to > day)
$$;

-- What a credit limit leaves: whole units at the dearest first tier in force (CHARGING 26-28).
create function billing.credit_units(of_account bigint, at timestamptz) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with

    term as (

        select term.*, owner.timezone, (credit_units.at at time zone owner.timezone)::date as today
        from account.account as owner
        cross join lateral account.term_on(of_account, (credit_units.at at time zone owner.timezone)::date) as term
        where owner.account_id = of_account

    ),

    stretch as (

        select scheme, effective_from as first_day, lead(effective_from) over (order by effective_from) as next_first_day
        from account.term
        where account_id = of_account

    ),

    -- what was used on prepaid days is paid for with its units
    unbilled as (

        select coalesce(sum(usage.net * (1 + term.vat_rate)), 0) as amount
        from term
        cross join billing.usage_at_first_tier(of_account) as usage
        cross join lateral (select (usage.charged_at at time zone term.timezone)::date as day) as charged
        join stretch on stretch.scheme = 'postpaid'
            and charged.day >= stretch.first_day
            and (stretch.next_first_day is null or charged.day < stretch.next_first_day)
        where usage.charged_at <= credit_units.at
          and not exists (
            select
            from billing.invoice
            where invoice.account_id = of_account
              and invoice.month = date_trunc('month', charged.day)::date
              and not exists (select from billing.void where void.invoice_id = invoice.invoice_id)
        )

    ),

    dearest as (

        select billing.dearest_rate(of_account, term.today) * (1 + term.vat_rate) as rate
        from term

    )

    select case
        when term.credit_limit is null then null
        when dearest.rate > 0 then floor(
            (term.credit_limit - billing.owed(of_account, credit_units.at) - unbilled.amount) / dearest.rate)::bigint
    end
    from term, unbilled, dearest
$$;

-- What a monthly cap leaves of the local month of an instant, in the same way; it is without VAT.
create function billing.cap_units(of_account bigint, at timestamptz) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case
        when term.monthly_cap is null then null
        when dearest.rate > 0 then floor((
            term.monthly_cap - coalesce((
                select sum(usage.net)
                from billing.usage_at_first_tier(of_account) as usage
                where date_trunc('month', usage.charged_at at time zone owner.timezone)
                    = date_trunc('month', cap_units.at at time zone owner.timezone)), 0)
        ) / dearest.rate)::bigint
    end
    from account.account as owner
    cross join lateral (select (cap_units.at at time zone owner.timezone)::date as day) as today
    cross join lateral account.term_on(of_account, today.day) as term
    cross join lateral (select billing.dearest_rate(of_account, today.day) as rate) as dearest
    where owner.account_id = of_account
$$;

-- How many segments an account may still promise at an instant: null is without limit. Callers take the account's reservation lock.
create function billing.available_units(account_id bigint, at timestamptz) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case
        when term.scheme = 'postpaid' then least(
            billing.credit_units(owner.account_id, available_units.at), billing.cap_units(owner.account_id, available_units.at))
        else (
            select coalesce(sum(lot.remaining), 0)::bigint
            from unnest((billing.prepaid_state_at(owner.account_id, available_units.at)).lots) as lot
        )
    end - coalesce((
        select sum(progress.unsent + progress.in_doubt)
        from account.reservation
        join dispatch.campaign_progress as progress using (campaign_id)
        where reservation.account_id = owner.account_id
          and reservation.closed_at is null
    ), 0)::bigint
    from account.account as owner
    cross join lateral account.term_on(owner.account_id, (available_units.at at time zone owner.timezone)::date) as term
    where owner.account_id = available_units.account_id
$$;

revoke execute on function billing.owed(bigint, timestamptz) from public;
grant execute on function billing.owed(bigint, timestamptz) to outbound_billing, outbound_reporting, outbound_operator;
revoke execute on function billing.prepaid_state_at(bigint, timestamptz), billing.credit_units(bigint, timestamptz),
    billing.cap_units(bigint, timestamptz), billing.available_units(bigint, timestamptz) from public;
grant execute on function billing.prepaid_state_at(bigint, timestamptz), billing.credit_units(bigint, timestamptz),
    billing.cap_units(bigint, timestamptz), billing.available_units(bigint, timestamptz) to outbound_ingest, outbound_dispatch, outbound_billing, outbound_reporting, outbound_operator;
