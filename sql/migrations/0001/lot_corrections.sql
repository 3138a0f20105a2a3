-- How the prepaid fold takes back what was sold, and gives back what was used (CHARGING 21, 23).

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
            'refused_refund', event.at, event.key, null, event.units, 0, 0, 0, 0, 0)::billing.prepaid_movement;
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
            'refused_reversal', event.at, event.key, null, 0, 0, 0, 0, 0, 0)::billing.prepaid_movement;
    end if;
end
$$;
