-- What carriers cost: dated buy rates of connectors, what a currency is worth in another, and which time a carrier's statement is of.

-- [network or networks of a connector, day from which]: the price that the carrier asks for a segment.
create table network.buy_rate (
    connector_id integer not null references dispatch.connector,
    network text not null default '*' check (network <> ''),
    effective_from date not null,
    effective_to date,
    per text not null check (per in ('submission', 'delivery')),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    rate numeric(14, 6) not null check (rate >= 0),
    primary key (connector_id, network, effective_from),
    check (effective_to is null or effective_to > effective_from)
);
comment on column network.buy_rate.network is
    'An operator by its name, or + and the first digits of prefixes, or * for all others: an operator goes before a prefix, a longer prefix before a shorter one.';
comment on column network.buy_rate.effective_from is 'Local day of the legal entity, of the submission; effective_to is exclusive.';
comment on column network.buy_rate.per is 'submission: each segment that the carrier accepted costs; delivery: each that a receipt says was delivered.';

-- [currency, into which other one, day from which]: in force until the next one of the two.
create table network.fx_rate (
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    into_currency text not null check (into_currency ~ '^[A-Z]{3}$'),
    effective_from date not null,
    rate numeric(18, 9) not null check (rate > 0),
    primary key (currency, into_currency, effective_from),
    check (currency <> into_currency)
);
comment on column network.fx_rate.rate is 'What one unit of currency is worth in into_currency.';

-- [statement that was loaded] and the time that it is of, half open; null where neither its lines nor its loader said.
create table dispatch.statement (
    statement_id bigint generated always as identity primary key,
    connector_id integer not null references dispatch.connector,
    name text not null,
    since timestamptz,
    until timestamptz,
    lines bigint not null check (lines >= 0),
    loaded_at timestamptz not null default now(),
    load_xid xid8 not null default pg_current_xact_id(),
    check ((since is null) = (until is null)),
    check (until > since)
);
create index on dispatch.statement (load_xid);
