-- The prepaid fold (CHARGING 6-24): purchases, use and expiry in order, as one ordered aggregate with one step function.
-- dbt folds its facts with it for the ledger; balance.sql folds the live tables with it for a reservation.

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
    initcond = '("{}","{}","{}","{}","{}","{}")'
);

-- The place of an event's kind among those of one instant (CHARGING 6); what another system left comes before all.
create function billing.event_rank(kind text) returns integer
language sql immutable parallel safe as $$
    select array_position(array['opening', 'expiry', 'purchase', 'grant', 'refund', 'reversal', 'usage'], kind)
$$;
