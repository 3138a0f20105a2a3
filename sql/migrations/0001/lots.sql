-- What the prepaid fold takes, what it keeps of an account, and what a lot is worth (CHARGING 6, 18, 24).

-- What the fold takes: one event of an account. Events come in the order of CHARGING 6, each kind with the fields it needs.
create type billing.prepaid_event as (
    kind text,                  -- opening, expiry, purchase, grant, refund, reversal, usage
    key text,                   -- business key; a usage's only where a reversal names it, else null
    at timestamptz,
    units bigint,
    rate numeric,               -- opening, purchase
    value numeric,              -- opening: the carrying value it brings; refund: the net that went back, null: what its lots pay
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

-- What an adjustment still asks for: units that were paid back and that no lot had any more, which the next paid units give
-- (CHARGING 21); a usage that is folded after the reversal that gives it back (CHARGING 23).
create type billing.prepaid_claim as (
    kind text,                  -- refund, reversal
    key text,                   -- the adjustment's
    at timestamptz,
    units bigint,               -- of a refund
    usage_key text              -- of a reversal
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
    movements billing.prepaid_movement[],   -- of the last event only
    claims billing.prepaid_claim[]          -- oldest first
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
