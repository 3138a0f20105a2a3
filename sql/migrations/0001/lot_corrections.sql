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

-- The units that a refund can take.
create function billing.prepaid_paid_units(lots billing.prepaid_lot[]) returns bigint language sql immutable as $$
    select coalesce(sum(lot.remaining), 0)::bigint from unnest(lots) as lot where lot.paid and lot.state = 'open'
$$;

-- Takes paid units that are there out of their lots, latest expiry first, then last opened (CHARGING 21). as_kind: refund, of which
-- each lot pays the lesser of the falls of its values, or late_refund, which was paid before.
create function billing.prepaid_take_back(
    inout state billing.prepaid_state, wanted bigint, as_kind text, of_key text, at timestamptz, digits integer
) language plpgsql as $$
declare
    lot billing.prepaid_lot;
    best integer;
    part bigint;
    fall numeric;
    blended_fall numeric;
    pays numeric;
begin
    while wanted > 0 loop
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
        part := least(wanted, lot.remaining);
        fall := billing.carrying_value(lot.remaining, lot.rate, digits) - billing.carrying_value(lot.remaining - part, lot.rate, digits);
        blended_fall := billing.blended_value(lot.remaining, lot.base, lot.base_units, digits)
            - billing.blended_value(lot.remaining - part, lot.base, lot.base_units, digits);
        pays := case as_kind when 'refund' then least(fall, blended_fall) else 0 end;
        lot.remaining := lot.remaining - part;
        state.lots[best] := lot;
        state.movements := state.movements
            || row(as_kind, at, of_key, lot.lot, -part, -fall, -blended_fall, pays, pays, 0)::billing.prepaid_movement;
        wanted := wanted - part;
    end loop;
end
$$;

-- Takes paid units back. What was recorded always applies: use that came to light since may have left less in the lots than was paid
-- back; the rest waits for the next paid units, and the money that went back stays what it was (CHARGING 21).
create function billing.prepaid_refund(inout state billing.prepaid_state, event billing.prepaid_event) language plpgsql as $$
declare
    there bigint := least(event.units, billing.prepaid_paid_units(state.lots));
    paid numeric;
begin
    state := billing.prepaid_take_back(state, there, 'refund', event.key, event.at, event.digits);
    paid := coalesce(event.value, (select sum(movement.against) from unnest(state.movements) as movement), 0);
    if event.units > there then
        state.claims := state.claims
            || row('refund', event.key, event.at, event.units - there, null)::billing.prepaid_claim;
        state.movements := state.movements || row(
            'owed_refund', event.at, event.key, null, event.units - there, 0, 0, 0, 0, 0)::billing.prepaid_movement;
    end if;
    state := billing.prepaid_credit(state, event, paid);
end
$$;

-- Refunds that the lots could not give take the paid units that have come since, oldest first, and pay nothing any more (CHARGING 21).
create function billing.prepaid_settle(inout state billing.prepaid_state, at timestamptz, digits integer) language plpgsql as $$
declare
    waiting billing.prepaid_claim[] := state.claims;
    claim billing.prepaid_claim;
    part bigint;
begin
    if cardinality(waiting) = 0 then
        return;
    end if;
    state.claims := '{}';
    foreach claim in array waiting loop
        if claim.kind = 'refund' then
            part := least(claim.units, billing.prepaid_paid_units(state.lots));
            state := billing.prepaid_take_back(state, part, 'late_refund', claim.key, at, digits);
            claim.units := claim.units - part;
        end if;
        if claim.kind = 'reversal' or claim.units > 0 then
            state.claims := state.claims || claim;
        end if;
    end loop;
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
    if is_known then
        state := billing.prepaid_settle(state, event.at, event.digits);
    else
        state.claims := state.claims || row('reversal', event.key, event.at, null, event.usage_key)::billing.prepaid_claim;
        state.movements := state.movements || row(
            'waiting_reversal', event.at, event.key, null, 0, 0, 0, 0, 0, 0)::billing.prepaid_movement;
    end if;
end
$$;

-- Gives a usage back at once whose reversal came before it.
create function billing.prepaid_give_back_claimed(inout state billing.prepaid_state, usage billing.prepaid_event)
language plpgsql as $$
declare
    waiting billing.prepaid_claim[] := state.claims;
    claim billing.prepaid_claim;
    reversal billing.prepaid_event := usage;
begin
    reversal.kind := 'reversal';
    reversal.usage_key := usage.key;
    foreach claim in array waiting loop
        if claim.kind = 'reversal' and claim.usage_key = usage.key then
            state.claims := array(select other from unnest(state.claims) as other where other.key <> claim.key);
            reversal.key := claim.key;
            state := billing.prepaid_reversal(state, reversal);
        end if;
    end loop;
end
$$;
