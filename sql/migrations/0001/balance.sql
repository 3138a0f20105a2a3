-- What an account may still send, by the live tables: the prepaid fold or the credit limit, less what campaigns hold (CHARGING 7, 13, 15).

-- Of what an account owes: what it bought units for, less what was credited of it. Who never bought any has nothing to fold.
create function billing.owed_for_units(of_account bigint, at timestamptz) returns numeric
language plpgsql stable as $$
begin
    if not exists (select from account.purchase where purchase.account_id = of_account)
        and not exists (select from account.opening where opening.account_id = of_account) then
        return 0;
    end if;
    return coalesce((
        select sum(sale.net + round(sale.net * sale.vat_rate, billing.currency_digits(term.currency)) - sale.credited - sale.vat_credited)
        from account.account as owner
        cross join lateral account.term_on(of_account, (owed_for_units.at at time zone owner.timezone)::date) as term
        cross join lateral unnest((billing.prepaid_state_at(of_account, owed_for_units.at)).sales) as sale
        where owner.account_id = of_account), 0);
end
$$;

-- What an account owes at an instant by what is recorded: the ledger's receivable (1200), without a build. Negative: money on account.
create function billing.owed(of_account bigint, at timestamptz) returns numeric
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce((select sum(receivable) from account.opening where account_id = of_account and opening.at <= owed.at), 0)
        + billing.owed_for_units(of_account, owed.at)
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
        + billing.owed_by_changes(of_account, owed.at)
$$;

-- From which submission on usage is read for all of it that is charged from an instant on: what was sent before and came late for a month
-- that was closed is among it (CHARGING 16).
create function billing.usage_read_from(of_account bigint, charged_from timestamptz) returns timestamptz
language sql stable as $$
    select least(charged_from, billing.first_unread(of_account, charged_from, '18446744073709551615'))
$$;

-- What is charged of an account from an instant on, at the first tier in force when it was sent, so that tiers and discounts never lift a
-- limit. Days that are over by `till` and that the last build has counted come as one row or a few, at their start; the rest is read
-- from the log. Planned for each call: only then the partitions before that instant cost nothing.
create function billing.usage_at_first_tier(
    of_account bigint, charged_from timestamptz default '-infinity', till timestamptz default 'infinity'
)
returns table (charged_at timestamptz, net numeric)
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
declare
    zone text := (select timezone from account.account where account_id = of_account);
    built_until timestamptz := billing.built_days_until(of_account, charged_from, till);
    logged_from timestamptz := greatest(charged_from, built_until);
    since timestamptz := billing.usage_read_from(of_account, logged_from);
begin
    if built_until is not null then
        return query
        select *
        from billing.built_usage_at_first_tier(
            of_account, (charged_from at time zone zone)::date, (built_until at time zone zone)::date);
    end if;
    return query
    select usage.charged_at, usage.units * coalesce(card.rate, 0)
    from account.account as owner
    cross join billing.charged_usage(of_account, since) as usage
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
      and usage.charged_at >= logged_from;
end
$$;

-- Before which instant nothing is charged that an invoice has still to bill: the start of the first month that is not closed, or that was
-- closed with lines and has no invoice that stands.
create function billing.billed_until(of_account bigint) returns timestamptz
language sql stable as $$
    select coalesce(
        min(period.starts_at) filter (where not billed.is_billed),
        max(period.ends_at),
        '-infinity')
    from billing.closed_period as period
    cross join lateral (
        select coalesce(
            period.valuation is not null
            or (period.figures ->> 'lines')::integer = 0
            or exists (
                select
                from billing.invoice
                where invoice.account_id = of_account
                  and invoice.month = period.month
                  and not exists (select from billing.void where void.invoice_id = invoice.invoice_id)
            ), false) as is_billed
    ) as billed
    where period.account_id = of_account
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
        cross join lateral billing.usage_at_first_tier(
            term.account_id, billing.billed_until(term.account_id), credit_units.at) as usage
        cross join lateral (select (usage.charged_at at time zone term.timezone)::date as day) as charged
        join stretch on stretch.scheme = 'postpaid'
            and charged.day >= stretch.first_day
            and (stretch.next_first_day is null or charged.day < stretch.next_first_day)
        where term.credit_limit is not null  -- else nothing is read for nothing
          and usage.charged_at <= credit_units.at
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
                from billing.usage_at_first_tier(of_account, month.starts_at) as usage
                where usage.charged_at < month.ends_at), 0)
        ) / dearest.rate)::bigint
    end
    from account.account as owner
    cross join lateral (select (cap_units.at at time zone owner.timezone)::date as day) as today
    cross join lateral (
        select
            billing.day_start(date_trunc('month', today.day)::date, owner.timezone) as starts_at,
            billing.day_start((date_trunc('month', today.day) + interval '1 month')::date, owner.timezone) as ends_at
    ) as month
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
revoke execute on function billing.credit_units(bigint, timestamptz),
    billing.cap_units(bigint, timestamptz), billing.available_units(bigint, timestamptz) from public;
grant execute on function billing.credit_units(bigint, timestamptz),
    billing.cap_units(bigint, timestamptz), billing.available_units(bigint, timestamptz) to outbound_ingest, outbound_dispatch, outbound_billing, outbound_reporting, outbound_operator;
