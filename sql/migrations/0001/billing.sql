-- What was closed, issued, voided and credited. Drafts come from dbt; nothing here can ever change (CHARGING 29).

-- The cluster that handed out the transaction ids of today: after a dump and restore they start anew.
create function billing.cluster() returns bigint language sql stable as $$
    select system_identifier from pg_control_system()
$$;

-- The digits after the point that ISO 4217 gives a currency (CHARGING 2); outbound.money says the same.
create function billing.currency_digits(currency text) returns integer
language sql immutable parallel safe as $$
    select case
        when currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3
        when currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF',
            'XOF', 'XPF') then 0
        else 2
    end
$$;

-- [a run of dbt]: what it was asked for and what it found.
create table billing.build (
    build_id bigint generated always as identity primary key,
    as_of timestamptz not null,
    cluster bigint not null default billing.cluster(),
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    outcome text check (outcome in ('ok', 'failed')),
    figures jsonb not null default '{}',
    horizon xid8,
    check ((finished_at is null) = (outcome is null)),
    check ((outcome = 'ok') = (horizon is not null))
);
comment on column billing.build.horizon is 'Every fact below this transaction id is in its marts; null: it did not get there.';
comment on column billing.build.as_of is 'Events after it are left out, expiries up to it have happened; it may lie in the future.';

-- The build whose figures the marts show: one row, none before the first.
create view billing.good_build as
select build_id, as_of, cluster, started_at, finished_at, horizon
from billing.build
where outcome = 'ok'
order by build_id desc
limit 1;

-- Below which transaction id the marts have read every fact; before the first build, what is committed for sure.
create function billing.facts_horizon() returns xid8
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    horizon xid8;
begin
    if to_regclass('staging.watermark') is not null then
        execute 'select horizon from staging.watermark' into horizon;
    end if;
    return coalesce(horizon, pg_snapshot_xmin(pg_current_snapshot()));
end
$$;

create table billing.closed_period (
    account_id bigint not null references account.account,
    month date not null check (extract(day from month) = 1),
    starts_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > starts_at),
    closed_at timestamptz not null default now(),
    closed_by text not null,
    valuation text check (valuation in ('rerate', 'blended')),
    figures jsonb not null default '{}',
    horizon xid8 not null default billing.facts_horizon(),
    cluster bigint not null default billing.cluster(),
    primary key (account_id, month)
);
comment on table billing.closed_period is 'A local month of an account that is closed: its figures are frozen, later usage is late (CHARGING 16).';
comment on column billing.closed_period.valuation is 'Which valuation posts, fixed at the first close; null: postpaid.';
comment on column billing.closed_period.horizon is 'The facts of the build that was closed: those of this transaction id and above came after it.';

-- Whether a fact had not been read yet when a period was closed. On another cluster than then only the clock can tell.
create function billing.came_after(
    load_xid xid8, recorded_at timestamptz, horizon xid8, closed_at timestamptz, cluster bigint
) returns boolean
language sql stable as $$
    select case when cluster = billing.cluster() then load_xid >= horizon else recorded_at > closed_at end
$$;

-- One row a series: the lock that makes numbers gapless.
create table billing.document_counter (
    legal_entity_id bigint not null references account.legal_entity,
    series text not null check (series in ('invoice', 'credit_note')),
    year integer not null,
    last_number bigint not null default 0 check (last_number >= 0),
    primary key (legal_entity_id, series, year)
);

create table billing.invoice (
    invoice_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    legal_entity_id bigint not null references account.legal_entity,
    year integer not null,
    number bigint not null check (number > 0),
    label text not null,
    kind text not null check (kind in ('month', 'purchase')),
    month date check (extract(day from month) = 1),
    purchase_id bigint references account.purchase,
    issue_day date not null,
    due_day date not null check (due_day >= issue_day),
    issued_at timestamptz not null default now(),
    issued_by text not null,
    currency text not null,
    net account.money not null,
    vat account.money not null,
    total account.money not null check (total = net + vat),
    content_hash bytea not null check (length(content_hash) = 32),
    unique (legal_entity_id, year, number),
    check (net = round(net, billing.currency_digits(currency)) and vat = round(vat, billing.currency_digits(currency))),
    check ((kind = 'month') = (month is not null)),
    check ((kind = 'purchase') = (purchase_id is not null))
);
comment on column billing.invoice.due_day is
    'The last day on which it is not overdue, by the terms of its issue day: fixed with it, whatever the terms become (CHARGING 25).';
create index on billing.invoice (account_id, month);
create index on billing.invoice (purchase_id) where purchase_id is not null;

create table billing.invoice_line (
    invoice_id bigint not null references billing.invoice,
    n integer not null check (n >= 1),
    account_id bigint not null references account.account,
    kind text not null check (kind in ('usage', 'late_usage', 'minimum', 'purchase')),
    zone text,
    card_from date,
    from_unit bigint,
    quantity bigint not null check (quantity >= 0),
    rate numeric(14, 6),
    net account.money not null,
    vat_rate numeric(7, 6) not null,
    vat account.money not null,
    tax_treatment text not null check (tax_treatment in ('standard', 'zero_rated', 'exempt')),
    primary key (invoice_id, n),
    check (tax_treatment = 'standard' or vat_rate = 0)
);

create table billing.void (
    invoice_id bigint primary key references billing.invoice,
    account_id bigint not null references account.account,
    voided_at timestamptz not null default now(),
    voided_by text not null,
    reason text not null
);

create table billing.credit_note (
    credit_note_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    legal_entity_id bigint not null references account.legal_entity,
    year integer not null,
    number bigint not null check (number > 0),
    label text not null,
    invoice_id bigint not null references billing.invoice,
    line integer not null,
    issue_day date not null,
    issued_at timestamptz not null default now(),
    issued_by text not null,
    reason text not null,
    net account.money not null check (net > 0),
    vat account.money not null check (vat >= 0),
    class text not null default 'correction' check (class in ('correction', 'refund', 'sla')),
    adjustment_id bigint references account.adjustment,
    content_hash bytea not null check (length(content_hash) = 32),
    unique (legal_entity_id, year, number),
    unique (adjustment_id, invoice_id),
    check ((class = 'refund') = (adjustment_id is not null)),
    foreign key (invoice_id, line) references billing.invoice_line
);
create index on billing.credit_note (invoice_id, line);
comment on column billing.credit_note.adjustment_id is 'The refund that it is for: one note for each purchase''s invoice that is credited.';
comment on column billing.credit_note.class is 'Why it was given: a correction, units that were refunded, a missed SLA target.';

-- Issued means issued: also against the owner, against TRUNCATE, a rebuild of the marts and a session that plays replica.
do $$
declare
    frozen text;
begin
    foreach frozen in array array['closed_period', 'invoice', 'invoice_line', 'void', 'credit_note'] loop
        execute format('create trigger never_changes before update or delete on billing.%I
            for each row execute function account.refuse_change()', frozen);
        execute format('create trigger never_truncated before truncate on billing.%I
            for each statement execute function account.refuse_change()', frozen);
        execute format('alter table billing.%I enable always trigger never_changes', frozen);
        execute format('alter table billing.%I enable always trigger never_truncated', frozen);
    end loop;
end
$$;
