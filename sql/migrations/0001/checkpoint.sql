-- Where the prepaid fold goes on from: the state an account's events had led to when a local day was over (CHARGING 16).

-- [account, local day on which something happened]: of every day since the account's last close, of a closed month the last one.
-- Written by the build; what is in doubt about a day is deleted with everything after it.
create table billing.prepaid_checkpoint (
    account_id bigint not null,
    day date not null,
    n bigint not null,
    digits integer not null,
    state billing.prepaid_state not null,
    horizon xid8 not null,
    as_of timestamptz not null,
    build_id bigint not null,
    basis bytea,
    primary key (account_id, day)
);
comment on column billing.prepaid_checkpoint.n is 'Of the day''s last event.';
comment on column billing.prepaid_checkpoint.horizon is 'Every fact below this transaction id is in it.';
comment on column billing.prepaid_checkpoint.as_of is 'The instant its build counted for; facts after it are not in it.';

comment on column billing.prepaid_checkpoint.build_id is 'That wrote it.';
comment on column billing.prepaid_checkpoint.basis is 'billing.fold_basis of its day; null: it changed while the build ran.';

-- What an account's fold up to a local day rests on besides its events: the same digest, the same zone and terms.
create function billing.fold_basis(of_account bigint, day date) returns bytea
language sql stable as $$
    select sha256(convert_to(
        owner.timezone || coalesce((
            select string_agg(
                concat_ws(' ', term.effective_from - date '2000-01-01', scheme, currency, vat_rate, recharge_tolerance), ';'
                order by term.effective_from)
            from account.term
            where term.account_id = of_account
              and term.effective_from <= fold_basis.day), ''),
        'UTF8'))
    from account.account as owner
    where owner.account_id = of_account
$$;

create function billing.prepaid_resume(state billing.prepaid_state, start billing.prepaid_state, event billing.prepaid_event)
returns billing.prepaid_state
language plpgsql as $$
begin
    if event.kind is null then
        return start;
    end if;
    return billing.prepaid_step(state, event);
end
$$;

-- prepaid_fold from a given state on: the first row has it and no event, all others have an event.
create aggregate billing.prepaid_fold_from(start billing.prepaid_state, event billing.prepaid_event) (
    sfunc = billing.prepaid_resume,
    stype = billing.prepaid_state,
    initcond = '("{}","{}","{}","{}","{}","{}")'
);
