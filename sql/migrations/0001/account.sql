-- Who sends, on which terms, to whom, and what was bought and paid. Everything that can change is dated.

-- An amount of money with the digits of its currency, of which ISO 4217 knows up to three: kept as it was reckoned, never
-- rounded by being stored (CHARGING 2).
create domain account.money as numeric check (value = round(value, 3) and abs(value) < 1e15);

-- Whatever bears on an account's balance or periods comes one after the other: accepting a campaign, recording money, closing.
-- Held until the transaction ends; what is looked at after it is as the one before has left it.
create function account.take_turn(of_account bigint) returns void language sql as $$
    select pg_advisory_xact_lock(hashtext('account.reservation'), hashint8(of_account))
$$;

create table account.legal_entity (
    legal_entity_id bigint generated always as identity primary key,
    name text not null unique,
    country text not null check (country ~ '^[A-Z]{2}$'),
    timezone text not null,
    tax_id text,
    approvals text not null default 'none' check (approvals in ('none', 'two_people')),
    documents jsonb not null default '{}',
    chart_of_accounts jsonb not null default '{}'
);
comment on column account.legal_entity.documents is
    'What its documents say beside its name: name_ar, address, activity_code, item_type, item_code, item_codes, unit_type.';
comment on column account.legal_entity.chart_of_accounts is 'Our ledger account -> the code in its own books; what is missing keeps ours.';

create table account.account (
    account_id bigint generated always as identity primary key,
    legal_entity_id bigint not null references account.legal_entity,
    name text not null unique check (name ~ '^[a-z0-9][a-z0-9_-]*$'),
    timezone text not null default 'Africa/Cairo',
    language text not null default 'en' check (language in ('en', 'ar', 'both')),
    default_region text not null check (default_region ~ '^[A-Z]{2}$'),
    landing text not null,
    defaults jsonb not null default '{}',
    documents jsonb not null default '{}',
    -- keys the hash of a number that outlives the number itself (retention)
    hash_key bytea not null default decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'),
    created_at timestamptz not null default now()
);
comment on column account.account.defaults is
    'What a manifest may leave out: sender, class, max_segments, encoding, delimiter, template, validity, on_insufficient_balance, base_mismatch_percent, ...';
comment on column account.account.documents is
    'What its documents say: name, name_ar, tax_id, address, usage_file, item_codes, form.';
comment on column account.account.language is 'Of its documents and notices: English, Arabic, or both, English first.';

-- The commercial terms of an account from a local day on: the row with the latest effective_from is in force (CHARGING 2, 30).
create table account.term (
    account_id bigint not null references account.account,
    effective_from date not null,
    scheme text not null check (scheme in ('prepaid', 'postpaid')),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    tax_treatment text not null default 'standard' check (tax_treatment in ('standard', 'zero_rated', 'exempt')),
    vat_rate numeric(7, 6) not null default 0 check (vat_rate >= 0 and vat_rate < 1),
    valuation text not null default 'rerate' check (valuation in ('rerate', 'blended')),
    recharge_tolerance numeric(7, 6) not null default 0 check (recharge_tolerance >= 0 and recharge_tolerance <= 1),
    tier_mode text not null default 'graduated' check (tier_mode in ('graduated', 'volume')),
    tier_scope text not null default 'zone' check (tier_scope in ('zone', 'account')),
    minimum_monthly account.money not null default 0 check (minimum_monthly >= 0),
    credit_limit account.money check (credit_limit >= 0),
    monthly_cap account.money check (monthly_cap >= 0),
    payment_days integer not null default 30 check (payment_days between 0 and 3650),
    activation text not null default 'confirmation' check (activation in ('confirmation', 'payment')),
    primary key (account_id, effective_from),
    check (tax_treatment = 'standard' or vat_rate = 0)
);
comment on column account.term.payment_days is 'An invoice of a day in force is due so many days after it (CHARGING 25).';
comment on column account.term.activation is 'When a purchase takes effect: as it is ordered, or with the payment that covers it (CHARGING 12).';

create table account.person (
    person_id bigint generated always as identity primary key,
    account_id bigint references account.account,
    email text not null unique,
    name text not null,
    role text not null check (
        role in ('customer', 'customer_approver', 'customer_admin', 'finance', 'manager', 'operator')),
    check ((account_id is null) = (role in ('finance', 'manager', 'operator')))
);
comment on column account.person.account_id is 'Null: staff.';

create table account.sender (
    sender_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    address text not null check (length(address) between 1 and 20),
    kind text not null check (kind in ('alphanumeric', 'short_code', 'long_code')),
    approved_from date not null,
    approved_to date,
    operators text[],
    class text check (class in ('informational', 'promotional')),
    document text,
    unique (account_id, address, approved_from)
);
comment on column account.sender.operators is
    'The operators that let this sender through; null: all but those whose networks ask for an approval of their own.';
comment on column account.sender.class is 'Of the campaigns that may use it; null: both.';
comment on column account.sender.document is 'What the approval rests on: a contract, a letter; for people.';

create table account.rate_row (
    rate_row_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    zone text not null,
    effective_from date not null,
    effective_to date,
    from_unit bigint not null default 1 check (from_unit >= 1),
    rate numeric(14, 6) not null check (rate >= 0),
    unique (account_id, zone, effective_from, from_unit),
    check (effective_to is null or effective_to > effective_from)
);
comment on table account.rate_row is
    'One tier of a rate card (CHARGING 12, 27). Prepaid: tiers by the units of one order; postpaid: by the month''s ordinals. effective_to is exclusive.';

create table account.sla_term (
    account_id bigint not null references account.account,
    metric text not null check (metric ~ '^S([1-9]|1[0-4])$'),
    effective_from date not null,
    target numeric(9, 6) not null check (target >= 0 and target <= 1),
    primary key (account_id, metric, effective_from)
);

-- What an account's campaigns may take of the platform: what waits for more than that waits for its customer (SLA S4, S5).
create table account.contracted_rate (
    account_id bigint not null references account.account,
    effective_from date not null,
    rate integer check (rate > 0),
    primary key (account_id, effective_from)
);
comment on column account.contracted_rate.rate is 'Segments a second, all campaigns together, from that local day on; null: none is agreed.';

-- Which base an account has: every change of its members makes another one. What is kept outside the database about a
-- base, its snapshot for look-ups, goes by the mark: version numbers come again after a rollback or a restore, marks never.
create table account.base_version (
    account_id bigint primary key references account.account,
    version bigint not null default 1 check (version >= 1),
    mark uuid not null default gen_random_uuid(),
    members bigint not null check (members >= 0),
    changed_at timestamptz not null default clock_timestamp()
);

-- That the account exists is seen to once a statement, by base_version: a foreign key here would look it up for each row.
create table account.base_member (
    account_id bigint not null,
    msisdn bigint not null check (msisdn between 1000000 and 999999999999999),
    consent_date date,
    attributes jsonb,
    file_id bigint,
    added_at timestamptz not null default now(),
    primary key (account_id, msisdn)
);

-- A statement's rows, counted by account; whoever changes a base waits here for whoever changes it already.
create function account.count_base_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into account.base_version as known (account_id, members)
        select account_id, count(*) from entered group by account_id order by account_id
        on conflict (account_id) do update
        set version = known.version + 1, mark = default, members = known.members + excluded.members, changed_at = default;
    elsif tg_op = 'DELETE' then
        update account.base_version as known
        set version = version + 1, mark = default, members = known.members - gone.members, changed_at = default
        from (select account_id, count(*) as members from gone group by account_id) as gone
        where known.account_id = gone.account_id;
    elsif tg_op = 'TRUNCATE' then
        update account.base_version set version = version + 1, mark = default, members = 0, changed_at = default;
    else
        update account.base_version
        set version = version + 1, mark = default, changed_at = default
        where account_id in (select account_id from entered);
    end if;
    return null;
end
$$;
create function account.refuse_other_member() returns trigger language plpgsql as $$
begin
    raise exception 'a member stays the account''s and the number that it is: remove one and add the other'
        using errcode = 'check_violation';
end
$$;
create trigger count_added after insert on account.base_member
    referencing new table as entered for each statement execute function account.count_base_change();
create trigger count_removed after delete on account.base_member
    referencing old table as gone for each statement execute function account.count_base_change();
create trigger count_changed after update on account.base_member
    referencing old table as gone new table as entered for each statement execute function account.count_base_change();
create trigger count_emptied after truncate on account.base_member
    for each statement execute function account.count_base_change();
create trigger stays_itself before update of account_id, msisdn on account.base_member
    for each row when ((old.account_id, old.msisdn) is distinct from (new.account_id, new.msisdn))
    execute function account.refuse_other_member();

-- Who came into a base and left it, and what the customer said of the consent: evidence, kept for three years and for as
-- long as the subscriber is a member. Written by what changes the base, in the same transaction.
create table account.base_change (
    account_id bigint not null,
    msisdn bigint not null,
    kind text not null check (kind in ('added', 'removed', 'consent_changed')),
    consent_date date,
    file_id bigint,
    at timestamptz not null default statement_timestamp()
);
create index on account.base_change (account_id, msisdn);
create index on account.base_change using brin (at);
comment on column account.base_change.consent_date is 'As it is from then on; of one who was removed, as it was.';
comment on column account.base_change.at is 'Of the statement, not the transaction: it began when the loads before it had ended.';

create table account.opt_out (
    opt_out_id bigint generated always as identity primary key,
    account_id bigint references account.account,
    msisdn bigint not null check (msisdn between 1000000 and 999999999999999),
    source text not null check (source in ('file', 'portal', 'stop', 'operator')),
    file_id bigint,
    opted_out_at timestamptz not null default now(),
    unique nulls not distinct (account_id, msisdn)
);
create index on account.opt_out (msisdn);
comment on column account.opt_out.account_id is 'Null: opted out of every account''s messages.';

-- The customer's money events. business_key is the order's, payment's ... own id; `at` is when it takes effect.
create table account.purchase (
    purchase_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    business_key text not null,
    at timestamptz not null,
    units bigint not null check (units > 0),
    rate numeric(14, 6) not null check (rate >= 0),
    zones text[] not null,
    is_history boolean not null default false,
    recorded_at timestamptz not null default now(),
    load_xid xid8 not null default pg_current_xact_id(),
    unique (account_id, business_key)
);
create index on account.purchase (account_id, at);
create index on account.purchase (account_id, load_xid);

create table account.payment (
    payment_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    business_key text not null,
    at timestamptz not null,
    amount account.money not null check (amount >= 0),
    withheld account.money not null default 0 check (withheld >= 0),
    certificate text check (certificate <> ''),
    invoice_id bigint,
    order_id bigint,
    bank_line_id bigint unique,
    reference text,
    is_history boolean not null default false,
    recorded_at timestamptz not null default now(),
    load_xid xid8 not null default pg_current_xact_id(),
    unique (account_id, business_key),
    check (amount + withheld > 0),
    check ((withheld > 0) = (certificate is not null)),
    check (invoice_id is null or order_id is null)
);
comment on column account.payment.amount is 'What came into the bank; 0: only a certificate of tax withheld came.';
comment on column account.payment.withheld is 'Tax that the payer withheld at source and paid in our name: it settles the receivable as money does.';
comment on column account.payment.invoice_id is 'The invoice the payer named; null: oldest first (CHARGING 25).';
comment on column account.payment.order_id is 'The order the payer named, whose units it pays for before they are there (CHARGING 12).';

create table account.adjustment (
    adjustment_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    business_key text not null,
    kind text not null check (kind in ('grant', 'refund', 'reversal')),
    at timestamptz not null,
    units bigint check (units > 0),
    usage_key text,
    net account.money check (net >= 0),
    reason text,
    recorded_by text,
    is_history boolean not null default false,
    recorded_at timestamptz not null default now(),
    load_xid xid8 not null default pg_current_xact_id(),
    unique (account_id, business_key),
    unique (account_id, usage_key),
    check (kind = 'refund' or net is null),
    check ((kind = 'reversal') = (usage_key is not null)),
    check ((kind = 'reversal') = (units is null))
);
create index on account.adjustment (account_id, at);
create index on account.adjustment (account_id, load_xid);
comment on column account.adjustment.recorded_by is 'Null: loaded from another system''s past.';
comment on column account.adjustment.net is
    'What a refund paid back, before tax, as its credit notes say: use that comes to light later changes nothing of it. Null: of the loaded past, what its lots pay (CHARGING 21).';
comment on column account.adjustment.usage_key is
    'What a reversal gives back: the id of a usage of the loaded past, or campaign:ordinal:segment of a submission. A usage is reversed once (CHARGING 23).';

-- Segments that another system submitted before this one took over (`outbound history load`).
create table account.past_usage (
    past_usage_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    business_key text not null,
    at timestamptz not null,
    units bigint not null check (units > 0),
    zone text not null,
    recorded_at timestamptz not null default now(),
    load_xid xid8 not null default pg_current_xact_id(),
    unique (account_id, business_key)
);
create index on account.past_usage (account_id, at);
create index on account.past_usage (account_id, load_xid);

-- What a migrating account brings along: lots with their carrying value, its receivable.
create table account.opening (
    opening_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    business_key text not null,
    at timestamptz not null,
    receivable account.money not null default 0,
    next_invoice_number bigint check (next_invoice_number > 0),
    recorded_at timestamptz not null default now(),
    load_xid xid8 not null default pg_current_xact_id(),
    unique (account_id),
    unique (account_id, business_key)
);

create table account.opening_lot (
    account_id bigint not null references account.account,
    opening_id bigint not null references account.opening,
    n integer not null check (n >= 1),
    opened_at timestamptz not null,
    last_valid_day date not null,
    units bigint not null check (units > 0),
    rate numeric(14, 6) not null check (rate >= 0),
    carrying_value account.money not null check (carrying_value >= 0),
    primary key (opening_id, n)
);

-- Segments promised to an accepted campaign. What is still held of it is derived from the submission log (dispatch.campaign_progress).
create table account.reservation (
    campaign_id bigint primary key,
    account_id bigint not null references account.account,
    segments bigint not null check (segments > 0),
    reserved_at timestamptz not null default now(),
    closed_at timestamptz
);
create index on account.reservation (account_id) where closed_at is null;

create table account.audit (
    audit_id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    actor text not null,
    os_user text check (os_user <> actor),
    action text not null,
    account_id bigint references account.account,
    object text,
    detail jsonb not null default '{}'
);

comment on column account.audit.os_user is
    'The operating system''s user of the process, where the actor is another name (OUTBOUND_ACTOR); null: the same, or the portal''s door.';

create function account.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% rows are never changed or removed: add a correcting row instead', tg_relid::regclass
        using errcode = 'integrity_constraint_violation';
end
$$;

create trigger audit_is_append_only before update or delete on account.audit
    for each row execute function account.refuse_change();
create trigger audit_is_append_only_as_a_whole before truncate on account.audit
    for each statement execute function account.refuse_change();

-- What the ledger is derived from stays as it was recorded: also against the owner and a session that plays replica.
do $$
declare
    kept text;
begin
    foreach kept in array array['purchase', 'payment', 'adjustment', 'past_usage', 'opening', 'opening_lot'] loop
        execute format('create trigger never_changes before update or delete on account.%I
            for each row execute function account.refuse_change()', kept);
        execute format('create trigger never_truncated before truncate on account.%I
            for each statement execute function account.refuse_change()', kept);
        execute format('alter table account.%I enable always trigger never_changes', kept);
        execute format('alter table account.%I enable always trigger never_truncated', kept);
    end loop;
end
$$;

create trigger base_change_is_append_only before update on account.base_change
    for each row execute function account.refuse_change();
create trigger base_change_is_kept before delete on account.base_change
    for each row when (old.at > now() - interval '3 years') execute function account.refuse_change();
create trigger base_change_is_append_only_as_a_whole before truncate on account.base_change
    for each statement execute function account.refuse_change();

-- The terms in force for an account on a local day.
create function account.term_on(account bigint, day date) returns account.term
language sql stable as $$
    select term
    from account.term
    where account_id = account
      and effective_from <= day
    order by effective_from desc
    limit 1
$$;
