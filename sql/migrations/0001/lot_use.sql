-- How the prepaid fold opens, merges, uses and ends lots: a step for each kind of event (CHARGING 7-20, 22).

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
    state := billing.prepaid_settle(state, event.at, event.digits);
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
    if event.key is not null and cardinality(state.claims) > 0 then
        state := billing.prepaid_give_back_claimed(state, event);
    end if;
end
$$;
