-- Who may sign in to the portal, and who has. The people are those of account.person; the doorman's role alone reads this.

create schema portal;

-- [person who may sign in]
create table portal.login (
    person_id bigint primary key references account.person on delete cascade,
    password_hash text not null,
    password_at timestamptz not null default now(),
    totp_secret text,
    is_active boolean not null default true,
    language text not null default 'en' check (language in ('en', 'ar')),
    theme text not null default 'system' check (theme in ('system', 'light', 'dark'))
);
comment on column portal.login.password_hash is 'argon2id, with its parameters and salt.';
comment on column portal.login.totp_secret is 'Base32, RFC 6238; null: a password is enough.';

-- [visit of a person]: the cookie holds the token, the table its SHA-256 alone.
create table portal.session (
    token_hash bytea primary key check (length(token_hash) = 32),
    person_id bigint not null references portal.login on delete cascade,
    began_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    ends_at timestamptz not null
);
create index on portal.session (person_id);
comment on column portal.session.ends_at is 'However busy it is; an idle one ends before (seen_at).';

-- [try to sign in]: what is counted to slow down who guesses.
create table portal.attempt (
    attempt_id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    email text not null,
    address text not null,
    succeeded boolean not null
);
create index on portal.attempt (email, at);
create index on portal.attempt (address, at);
create index on portal.attempt (at);

grant usage on schema portal, account to outbound_doorman;
grant select on account.person, account.account, account.legal_entity to outbound_doorman;
grant select, insert, update on portal.login to outbound_doorman;
grant select, insert, update, delete on portal.session to outbound_doorman;
grant select, insert, delete on portal.attempt to outbound_doorman;
grant insert on account.audit to outbound_doorman;
grant outbound_doorman to current_user;

-- What the web's role asks about its own account where the answer takes more than its rows: the live balance.

create function portal.balance() returns table (
    scheme text, currency text, available bigint, held bigint, net_rate numeric, owed numeric, credit_limit numeric,
    monthly_cap numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select
        term.scheme, term.currency, billing.available_units(owner.account_id, now()),
        coalesce((
            select sum(progress.unsent + progress.in_doubt)
            from account.reservation
            join dispatch.campaign_progress as progress using (campaign_id)
            where reservation.account_id = owner.account_id
              and reservation.closed_at is null
        ), 0)::bigint,
        billing.dearest_rate(owner.account_id, local.today),
        case when term.scheme = 'postpaid' then billing.owed(owner.account_id, now()) end, term.credit_limit, term.monthly_cap
    from account.account as owner
    cross join lateral (select (now() at time zone owner.timezone)::date as today) as local
    cross join lateral account.term_on(owner.account_id, local.today) as term
    where owner.account_id = account.current_account()
$$;
comment on function portal.balance() is
    'held: segments that campaigns hold and have not sent. net_rate: the dearest in force. owed: of a postpaid account.';

create function portal.lots() returns table (
    lot text, opened_at timestamptz, last_valid_day date, rate numeric, is_paid boolean, remaining bigint, state text, worth numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select
        held.lot, held.opened_at, held.last_valid_day, held.rate, held.paid, held.remaining, held.state,
        billing.carrying_value(held.remaining, held.rate, billing.currency_digits(term.currency))
    from account.account as owner
    cross join lateral account.term_on(owner.account_id, (now() at time zone owner.timezone)::date) as term
    cross join lateral unnest(case
        when exists (select from account.purchase where purchase.account_id = owner.account_id)
            or exists (select from account.adjustment where adjustment.account_id = owner.account_id)
            or exists (select from account.opening where opening.account_id = owner.account_id)
            then (billing.prepaid_state_at(owner.account_id, now())).lots
    end) with ordinality as held (
        lot, opened_at, last_valid_day, expires_at, rate, paid, remaining, lapsed, base, base_units, base_version, state, successor,
        place)
    where owner.account_id = account.current_account()
    order by held.place
$$;
comment on function portal.lots() is
    'As the fold of CHARGING 6 leaves them now; worth: at the rate they carry. Nothing is folded of an account that never had units.';

-- Whether a number gets nothing from this account, by its own list or by everybody's.
create function portal.is_opted_out(of_msisdn bigint) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select
        from account.opt_out
        where msisdn = of_msisdn
          and (account_id is null or account_id = account.current_account())
    )
$$;

revoke execute on function portal.balance(), portal.lots(), portal.is_opted_out(bigint) from public;
grant usage on schema portal to outbound_web;
grant execute on function portal.balance(), portal.lots(), portal.is_opted_out(bigint) to outbound_web;
