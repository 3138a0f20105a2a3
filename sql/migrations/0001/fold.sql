-- The prepaid fold (CHARGING 6-24): purchases, use and expiry in order, as one ordered aggregate with one step function.
-- dbt folds its facts with it for the ledger; balance.sql folds the live tables with it for a reservation.

-- The same day twelve calendar months later, or that month's last day (CHARGING 4).
create function billing.last_valid_day(bought date) returns date
language sql immutable parallel safe as $$
    select (bought + interval '12 months')::date
$$;

-- The instant a local day begins: after a skipped midnight the hour that follows, of a repeated midnight the first (CHARGING 5).
create function billing.day_start(day date, zone text) returns timestamptz
language sql stable parallel safe as $$
    select min(instant)
    from (values
        (day::timestamp at time zone zone),
        (day::timestamp at time zone zone - interval '1 hour')
    ) as candidate (instant)
    where (instant at time zone zone)::date >= day
$$;

-- What the fold takes: one event of an account. Events come in the order of CHARGING 6, each kind with the fields it needs.
create type billing.prepaid_event as (
    kind text,                  -- opening, expiry, purchase, grant, refund, reversal, usage
    key text,                   -- business key; a usage's only where a reversal names it, else null
    at timestamptz,
    units bigint,
    rate numeric,               -- opening, purchase
    value numeric,              -- opening: the carrying value it brings
    vat_rate numeric,           -- purchase; refund: of what no purchase invoice covers
    tolerance numeric,          -- purchase: of "similar" (CHARGING 8)
    opened_at timestamptz,      -- opening
    last_valid_day date,        -- opening, purchase, grant
    expires_at timestamptz,     -- start of the local day after it
    usage_key text,             -- reversal: the usage it gives back
    late_from timestamptz,      -- usage that is late: when it was sent (CHARGING 16)
    digits integer              -- of the currency
);

-- A lot as it stands. Merged lots stay as the way from a usage to the lot that succeeded its own (CHARGING 23).
create type billing.prepaid_lot as (
    lot text,                   -- the purchase's key; grant:KEY; opening:N
    opened_at timestamptz,
    last_valid_day date,
    expires_at timestamptz,
    rate numeric,
    paid boolean,               -- false: goodwill only, never refunded
    remaining bigint,
    lapsed bigint,              -- what expired in it
    base numeric,               -- blended: the unrecognised money ...
    base_units bigint,          -- ... spread over so many units (CHARGING 24)
    base_version integer,       -- counts the times that units it never held changed the base
    state text,                 -- open, merged, lapsed
    successor text
);

-- What one usage took from one lot; kept only for usages that a reversal will name.
create type billing.prepaid_taken as (
    usage_key text,
    lot text,
    base_version integer,
    units bigint,
    charge numeric,
    blended_charge numeric
);

create type billing.prepaid_shortfall as (
    usage_key text,
    at timestamptz,
    units bigint
);

-- A purchase's invoice and what refunds have credited of it (CHARGING 21, 29).
create type billing.prepaid_sale as (
    purchase text,
    net numeric,
    vat_rate numeric,
    credited numeric,
    vat_credited numeric
);

-- What an event did, in both valuations: the change of 2100, and the amount on the account that stands against it.
-- Where the two differ, the difference is revaluation (4300). A rollover moves no units: its units are those that were re-rated,
-- its `against` their old value. A credit's lot is the purchase whose invoice it credits.
create type billing.prepaid_movement as (
    kind text,
    at timestamptz,
    key text,
    lot text,
    units bigint,
    deferred numeric,
    blended_deferred numeric,
    against numeric,
    blended_against numeric,
    vat numeric
);

create type billing.prepaid_state as (
    lots billing.prepaid_lot[],             -- in the order they were opened
    taken billing.prepaid_taken[],
    shortfalls billing.prepaid_shortfall[], -- oldest first
    sales billing.prepaid_sale[],           -- oldest first
    movements billing.prepaid_movement[]    -- of the last event only
);

create function billing.carrying_value(remaining bigint, rate numeric, digits integer) returns numeric
language sql immutable parallel safe as $$
    select round(remaining * rate, digits)
$$;

-- round(base x remaining / base_units), half away from zero, without the quotient's digits ever being cut (CHARGING 24).
create function billing.blended_value(remaining bigint, base numeric, base_units bigint, digits integer) returns numeric
language sql immutable parallel safe as $$
    select case
        when base_units = 0 then 0
        else round(div(2 * base * 10::numeric ^ digits * remaining + base_units, 2 * base_units::numeric) / 10::numeric ^ digits, digits)
    end
$$;

-- Takes units out of a lot; revenue is the fall of its value (CHARGING 18). as_kind: usage, served or late_usage;
-- late_usage takes what had lapsed in the lot, out of breakage instead of deferred revenue (CHARGING 16).
create function billing.prepaid_draw(
    inout state billing.prepaid_state, place integer, wanted bigint, as_kind text, of_key text, at timestamptz, digits integer
) language plpgsql as $$
declare
    lot billing.prepaid_lot := state.lots[place];
    had bigint := case when as_kind = 'late_usage' then lot.lapsed else lot.remaining end;
    rest bigint := had - wanted;
    fall numeric := billing.carrying_value(had, lot.rate, digits) - billing.carrying_value(rest, lot.rate, digits);
    blended_fall numeric := billing.blended_value(had, lot.base, lot.base_units, digits)
        - billing.blended_value(rest, lot.base, lot.base_units, digits);
begin
    if as_kind = 'late_usage' then
        lot.lapsed := rest;
        state.movements := state.movements
            || row(as_kind, at, of_key, lot.lot, -wanted, 0, 0, fall, blended_fall, 0)::billing.prepaid_movement;
    else
        lot.remaining := rest;
        state.movements := state.movements
            || row(as_kind, at, of_key, lot.lot, -wanted, -fall, -blended_fall, fall, blended_fall, 0)::billing.prepaid_movement;
    end if;
    state.lots[place] := lot;
    if of_key is not null then
        state.taken := state.taken
            || row(of_key, lot.lot, lot.base_version, wanted, fall, blended_fall)::billing.prepaid_taken;
    end if;
end
$$;

-- The shortfall takes units from the lot that was just opened or merged into, oldest first (CHARGING 15).
create function billing.prepaid_serve(inout state billing.prepaid_state, place integer, at timestamptz, digits integer)
language plpgsql as $$
declare
    waiting billing.prepaid_shortfall[] := state.shortfalls;
    debt billing.prepaid_shortfall;
    served bigint;
begin
    state.shortfalls := '{}';
    foreach debt in array waiting loop
        served := least(debt.units, (state.lots[place]).remaining);
        if served > 0 then
            state := billing.prepaid_draw(state, place, served, 'served', debt.usage_key, at, digits);
            debt.units := debt.units - served;
        end if;
        if debt.units > 0 then
            state.shortfalls := state.shortfalls || debt;
        end if;
    end loop;
end
$$;

-- What a migrating account brings along is a lot with a value of its own; its rate values it from now on.
create function billing.prepaid_opening(inout state billing.prepaid_state, event billing.prepaid_event) language plpgsql as $$
begin
    state.lots := state.lots || row(
        event.key, event.opened_at, event.last_valid_day, event.expires_at, event.rate, event.value > 0, event.units, 0,
        event.value, event.units, 1, 'open', null)::billing.prepaid_lot;
    state.movements := state.movements || row(
        'opening', event.at, event.key, event.key, event.units,
        billing.carrying_value(event.units, event.rate, event.digits), event.value, event.value, event.value, 0)::billing.prepaid_movement;
end
$$;

-- Units whose last valid day is over lapse; their value becomes breakage (CHARGING 20).
create function billing.prepaid_expiry(inout state billing.prepaid_state, event billing.prepaid_event) language plpgsql as $$
declare
    lot billing.prepaid_lot;
    value numeric;
    blended numeric;
begin
    for place in 1 .. cardinality(state.lots) loop
        lot := state.lots[place];
        if lot.state = 'open' and lot.expires_at <= event.at then
            if lot.remaining > 0 then
                value := billing.carrying_value(lot.remaining, lot.rate, event.digits);
                blended := billing.blended_value(lot.remaining, lot.base, lot.base_units, event.digits);
                state.movements := state.movements || row(
                    'expiry', event.at, lot.lot, lot.lot, -lot.remaining, -value, -blended, value, blended, 0)::billing.prepaid_movement;
            end if;
            lot.lapsed := lot.remaining;
            lot.remaining := 0;
            lot.state := 'lapsed';
            state.lots[place] := lot;
        end if;
    end loop;
end
$$;

-- A recharge of at least what remains merges everything into one lot at its own rate; a smaller one is a lot of its own (CHARGING 7-11).
create function billing.prepaid_purchase(inout state billing.prepaid_state, event billing.prepaid_event) language plpgsql as $$
declare
    net numeric := billing.carrying_value(event.units, event.rate, event.digits);
    opened billing.prepaid_lot := row(
        event.key, event.at, event.last_valid_day, event.expires_at, event.rate, true, event.units, 0, net, event.units, 1, 'open', null);
    lot billing.prepaid_lot;
    remained bigint := 0;
    old_value numeric := 0;
    revaluation numeric;
begin
    state.movements := state.movements || row(
        'purchase', event.at, event.key, event.key, event.units, net, net, net, net,
        round(net * event.vat_rate, event.digits))::billing.prepaid_movement;
    state.sales := state.sales || row(event.key, net, event.vat_rate, 0, 0)::billing.prepaid_sale;

    foreach lot in array state.lots loop
        if lot.state = 'open' then
            remained := remained + lot.remaining;
        end if;
    end loop;

    if event.units >= remained * (1 - event.tolerance) then
        for place in 1 .. cardinality(state.lots) loop
            lot := state.lots[place];
            if lot.state = 'open' then
                old_value := old_value + billing.carrying_value(lot.remaining, lot.rate, event.digits);
                opened.base := opened.base + billing.blended_value(lot.remaining, lot.base, lot.base_units, event.digits);
                if lot.expires_at > opened.expires_at then
                    opened.expires_at := lot.expires_at;
                    opened.last_valid_day := lot.last_valid_day;
                end if;
                lot.remaining := 0;
                lot.state := 'merged';
                lot.successor := event.key;
                state.lots[place] := lot;
            end if;
        end loop;
        opened.remaining := remained + event.units;
        opened.base_units := opened.remaining;
        if remained > 0 then
            revaluation := billing.carrying_value(opened.remaining, opened.rate, event.digits) - old_value - net;
            state.movements := state.movements || row(
                'rollover', event.at, event.key, event.key, remained, revaluation, 0, old_value, opened.base - net, 0)::billing.prepaid_movement;
        end if;
    end if;

    state.lots := state.lots || opened;
    state := billing.prepaid_serve(state, cardinality(state.lots), event.at, event.digits);
end
$$;

-- Goodwill is a lot without a rate (CHARGING 22).
create function billing.prepaid_grant(inout state billing.prepaid_state, event billing.prepaid_event) language plpgsql as $$
begin
    state.movements := state.movements || row(
        'grant', event.at, event.key, 'grant:' || event.key, event.units, 0, 0, 0, 0, 0)::billing.prepaid_movement;
    state.lots := state.lots || row(
        'grant:' || event.key, event.at, event.last_valid_day, event.expires_at, 0, false, event.units, 0, 0, event.units, 1, 'open', null)::billing.prepaid_lot;
    state := billing.prepaid_serve(state, cardinality(state.lots), event.at, event.digits);
end
$$;

-- Credits a refund to the purchases' invoices, newest first, each up to its net, VAT cumulatively (CHARGING 21, 29).
create function billing.prepaid_credit(inout state billing.prepaid_state, event billing.prepaid_event, amount numeric) language plpgsql as $$
declare
    sale billing.prepaid_sale;
    part numeric;
    vat numeric;
begin
    for place in reverse cardinality(state.sales) .. 1 loop
        exit when amount = 0;
        sale := state.sales[place];
        part := least(amount, sale.net - sale.credited);
        if part > 0 then
            sale.credited := sale.credited + part;
            vat := round(sale.credited * sale.vat_rate, event.digits) - sale.vat_credited;
            sale.vat_credited := sale.vat_credited + vat;
            state.sales[place] := sale;
            state.movements := state.movements || row(
                'credit', event.at, event.key, sale.purchase, 0, 0, 0, part, part, vat)::billing.prepaid_movement;
            amount := amount - part;
        end if;
    end loop;
    if amount > 0 then -- units that another system sold: no invoice of ours to credit
        state.sales := state.sales || row(
            null, 0, event.vat_rate, amount, round(amount * event.vat_rate, event.digits))::billing.prepaid_sale;
        state.movements := state.movements || row(
            'credit', event.at, event.key, null, 0, 0, 0, amount, amount, round(amount * event.vat_rate, event.digits))::billing.prepaid_movement;
    end if;
end
$$;

-- Takes paid units back, latest expiry first, then last opened; nobody is paid more than was paid and not used (CHARGING 21).
create function billing.prepaid_refund(inout state billing.prepaid_state, event billing.prepaid_event) language plpgsql as $$
declare
    lot billing.prepaid_lot;
    best integer;
    open_units bigint := event.units;
    part bigint;
    fall numeric;
    blended_fall numeric;
    paid numeric := 0;
begin
    if event.units > (select coalesce(sum(l.remaining), 0) from unnest(state.lots) as l where l.paid and l.state = 'open') then
        state.movements := state.movements || row(
            'refused', event.at, event.key, null, event.units, 0, 0, 0, 0, 0)::billing.prepaid_movement;
        return;
    end if;
    while open_units > 0 loop
        best := null;
        for place in 1 .. cardinality(state.lots) loop
            lot := state.lots[place];
            if lot.paid and lot.state = 'open' and lot.remaining > 0
                and (best is null or lot.expires_at >= (state.lots[best]).expires_at)
            then
                best := place;
            end if;
        end loop;
        lot := state.lots[best];
        part := least(open_units, lot.remaining);
        fall := billing.carrying_value(lot.remaining, lot.rate, event.digits)
            - billing.carrying_value(lot.remaining - part, lot.rate, event.digits);
        blended_fall := billing.blended_value(lot.remaining, lot.base, lot.base_units, event.digits)
            - billing.blended_value(lot.remaining - part, lot.base, lot.base_units, event.digits);
        lot.remaining := lot.remaining - part;
        state.lots[best] := lot;
        state.movements := state.movements || row(
            'refund', event.at, event.key, lot.lot, -part, -fall, -blended_fall,
            least(fall, blended_fall), least(fall, blended_fall), 0)::billing.prepaid_movement;
        paid := paid + least(fall, blended_fall);
        open_units := open_units - part;
    end loop;
    state := billing.prepaid_credit(state, event, paid);
end
$$;

-- Where the lot stands that a lot's units went to: itself, or what it was merged into, and so on.
create function billing.prepaid_heir(lots billing.prepaid_lot[], of_lot text) returns integer language plpgsql immutable as $$
declare
    heir text := of_lot;
begin
    for place in 1 .. cardinality(lots) loop -- a successor stands behind what it succeeded
        if (lots[place]).lot = heir then
            if (lots[place]).state <> 'merged' then
                return place;
            end if;
            heir := (lots[place]).successor;
        end if;
    end loop;
    return null;
end
$$;

-- Gives a usage back: to its lot, or to the lot that succeeded it; where that has lapsed, to breakage (CHARGING 23, 24).
create function billing.prepaid_reversal(inout state billing.prepaid_state, event billing.prepaid_event) language plpgsql as $$
declare
    part billing.prepaid_taken;
    lot billing.prepaid_lot;
    debt billing.prepaid_shortfall;
    waiting billing.prepaid_shortfall[] := '{}';
    place integer;
    rise numeric;
    blended_rise numeric;
    is_known boolean := false;
begin
    foreach part in array state.taken loop
        continue when part.usage_key <> event.usage_key;
        is_known := true;
        place := billing.prepaid_heir(state.lots, part.lot);
        lot := state.lots[place];
        if lot.state = 'lapsed' then
            lot.lapsed := lot.lapsed + part.units;
            state.movements := state.movements || row(
                'lapsed_reversal', event.at, event.key, lot.lot, part.units, 0, 0, part.charge, part.blended_charge, 0)::billing.prepaid_movement;
        else
            rise := billing.carrying_value(lot.remaining + part.units, lot.rate, event.digits)
                - billing.carrying_value(lot.remaining, lot.rate, event.digits);
            blended_rise := -billing.blended_value(lot.remaining, lot.base, lot.base_units, event.digits);
            if lot.lot <> part.lot or lot.base_version <> part.base_version then
                lot.base := part.blended_charge - blended_rise;
                lot.base_units := lot.remaining + part.units;
                lot.base_version := lot.base_version + 1;
            end if;
            lot.remaining := lot.remaining + part.units;
            blended_rise := blended_rise + billing.blended_value(lot.remaining, lot.base, lot.base_units, event.digits);
            state.movements := state.movements || row(
                'reversal', event.at, event.key, lot.lot, part.units, rise, blended_rise,
                part.charge, part.blended_charge, 0)::billing.prepaid_movement;
        end if;
        state.lots[place] := lot;
    end loop;
    foreach debt in array state.shortfalls loop
        if debt.usage_key = event.usage_key then
            is_known := true;
            state.movements := state.movements || row(
                'shortfall_reversal', event.at, event.key, null, -debt.units, 0, 0, 0, 0, 0)::billing.prepaid_movement;
        else
            waiting := waiting || debt;
        end if;
    end loop;
    state.shortfalls := waiting;
    if not is_known then
        state.movements := state.movements || row(
            'refused', event.at, event.key, null, 0, 0, 0, 0, 0, 0)::billing.prepaid_movement;
    end if;
end
$$;

-- Uses units: those that lapsed in a lot that was alive when a late one was sent, then the earliest expiry first, then
-- the lot opened first; what no lot covers is a shortfall (CHARGING 13, 15, 16).
create function billing.prepaid_usage(inout state billing.prepaid_state, event billing.prepaid_event) language plpgsql as $$
declare
    lot billing.prepaid_lot;
    best integer;
    best_expiry timestamptz;
    open_units bigint := event.units;
    part bigint;
begin
    while open_units > 0 loop
        best := null;
        if event.late_from is not null then
            for place in 1 .. cardinality(state.lots) loop
                lot := state.lots[place];
                if lot.state = 'lapsed' and lot.lapsed > 0 and lot.opened_at <= event.late_from and event.late_from < lot.expires_at
                    and (best is null or lot.expires_at < best_expiry)
                then
                    best := place;
                    best_expiry := lot.expires_at;
                end if;
            end loop;
        end if;
        if best is not null then
            part := least(open_units, (state.lots[best]).lapsed);
            state := billing.prepaid_draw(state, best, part, 'late_usage', event.key, event.at, event.digits);
        else
            for place in 1 .. cardinality(state.lots) loop
                lot := state.lots[place];
                if lot.state = 'open' and lot.remaining > 0 and (best is null or lot.expires_at < best_expiry) then
                    best := place;
                    best_expiry := lot.expires_at;
                end if;
            end loop;
            exit when best is null;
            part := least(open_units, (state.lots[best]).remaining);
            state := billing.prepaid_draw(state, best, part, 'usage', event.key, event.at, event.digits);
        end if;
        open_units := open_units - part;
    end loop;
    if open_units > 0 then
        state.shortfalls := state.shortfalls || row(event.key, event.at, open_units)::billing.prepaid_shortfall;
        state.movements := state.movements || row(
            'shortfall', event.at, event.key, null, open_units, 0, 0, 0, 0, 0)::billing.prepaid_movement;
    end if;
end
$$;

-- One event more: the state after it, with what it did in `movements`.
create function billing.prepaid_step(state billing.prepaid_state, event billing.prepaid_event) returns billing.prepaid_state
language plpgsql as $$
begin
    state.movements := '{}';
    case event.kind
        when 'opening' then return billing.prepaid_opening(state, event);
        when 'expiry' then return billing.prepaid_expiry(state, event);
        when 'purchase' then return billing.prepaid_purchase(state, event);
        when 'grant' then return billing.prepaid_grant(state, event);
        when 'refund' then return billing.prepaid_refund(state, event);
        when 'reversal' then return billing.prepaid_reversal(state, event);
        when 'usage' then return billing.prepaid_usage(state, event);
    end case;
end
$$;

-- The state of an account after its events, in their order: `prepaid_fold(event order by n)`, or over a window for the state after each.
create aggregate billing.prepaid_fold(billing.prepaid_event) (
    sfunc = billing.prepaid_step,
    stype = billing.prepaid_state,
    initcond = '("{}","{}","{}","{}","{}")'
);

-- The place of an event's kind among those of one instant (CHARGING 6); what another system left comes before all.
create function billing.event_rank(kind text) returns integer
language sql immutable parallel safe as $$
    select array_position(array['opening', 'expiry', 'purchase', 'grant', 'refund', 'reversal', 'usage'], kind)
$$;

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
