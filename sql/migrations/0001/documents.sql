-- What documents say of their parties, what became of them, and what the tax authority answered. Rows are only ever added.

-- [document]: who sold to whom, in the words that held when it was issued: set-ups change, an issued document does not.
create table billing.particulars (
    kind text not null check (kind in ('invoice', 'credit_note')),
    document_id bigint not null,
    account_id bigint not null references account.account,
    seller jsonb not null,
    buyer jsonb not null,
    effects jsonb not null default '{}',
    content_hash bytea not null check (length(content_hash) = 32),
    primary key (kind, document_id)
);
comment on column billing.particulars.effects is
    'Of a purchase: what it did to the balance (CHARGING 8-10): extended_units, served_units, units, rate, last_valid_day.';

-- [document, step of its delivery]. From begun on an invoice cannot be void: its customer may have it already (CHARGING 29).
create table billing.delivery (
    kind text not null check (kind in ('invoice', 'credit_note')),
    document_id bigint not null,
    step text not null check (step in ('begun', 'done')),
    account_id bigint not null references account.account,
    at timestamptz not null default clock_timestamp(),
    actor text not null,
    files jsonb not null default '{}',
    primary key (kind, document_id, step)
);
comment on column billing.delivery.files is 'Of a delivery that is done: the SHA-256 of each file, by its name in results/.';

-- [answer of the tax authority about a document]; the latest one holds.
create table billing.tax_submission (
    tax_submission_id bigint generated always as identity primary key,
    kind text not null check (kind in ('invoice', 'credit_note')),
    document_id bigint not null,
    account_id bigint not null references account.account,
    uuid text not null check (uuid ~ '^[A-Za-z0-9-]{1,64}$'),
    status text not null check (status in ('submitted', 'valid', 'invalid', 'rejected', 'cancelled')),
    recorded_at timestamptz not null default clock_timestamp(),
    recorded_by text not null
);
create index on billing.tax_submission (kind, document_id);

do $$
declare
    kept text;
begin
    foreach kept in array array['particulars', 'delivery', 'tax_submission'] loop
        execute format('create trigger never_changes before update or delete on billing.%I
            for each row execute function account.refuse_change()', kept);
        execute format('create trigger never_truncated before truncate on billing.%I
            for each statement execute function account.refuse_change()', kept);
        execute format('alter table billing.%I enable always trigger never_changes', kept);
        execute format('alter table billing.%I enable always trigger never_truncated', kept);
    end loop;
end
$$;

create function billing.seller_of(of_entity bigint) returns jsonb language sql stable as $$
    select jsonb_build_object('name', name, 'country', country, 'tax_id', tax_id, 'timezone', timezone) || documents
    from account.legal_entity
    where legal_entity_id = of_entity
$$;

create function billing.buyer_of(of_account bigint) returns jsonb language sql stable as $$
    select jsonb_build_object('account', name, 'name', name, 'country', default_region, 'timezone', timezone, 'language', language)
        || documents
    from account.account
    where account_id = of_account
$$;

-- What a purchase did to the balance, by the live fold.
create function billing.purchase_effects(of_account bigint, of_purchase bigint) returns jsonb language sql stable as $$
    select jsonb_build_object(
        'extended_units', coalesce((select sum(units) from unnest(state.movements) where kind = 'rollover'), 0),
        'served_units', coalesce((select -sum(units) from unnest(state.movements) where kind in ('served', 'late_refund')), 0),
        'units', lot.remaining,
        'rate', lot.rate::text,
        'last_valid_day', lot.last_valid_day)
    from account.purchase
    cross join lateral billing.prepaid_state_at(of_account, purchase.at) as state
    cross join lateral unnest(state.lots) as lot
    where purchase.account_id = of_account
      and purchase.purchase_id = of_purchase
      and lot.lot = purchase.business_key
$$;

-- All that a document says of its parties, and what its purchase did: what the hash of its particulars is of.
create function billing.particulars_content(told billing.particulars) returns jsonb language sql stable as $$
    select to_jsonb(told) - 'content_hash'
$$;

-- Keeps what a document that is being issued says of its parties, under a hash of its own. Who issues calls it.
create function billing.keep_particulars(of_kind text, of_document bigint, of_account bigint, of_entity bigint, had_effects jsonb)
returns void language plpgsql as $$
declare
    told billing.particulars;
begin
    told.kind := of_kind;
    told.document_id := of_document;
    told.account_id := of_account;
    told.seller := billing.seller_of(of_entity);
    told.buyer := billing.buyer_of(of_account);
    told.effects := had_effects;
    told.content_hash := billing.content_hash(billing.particulars_content(told));
    insert into billing.particulars select told.*;
end
$$;

-- [document], invoices and credit notes alike, with how far each has come.
create view billing.document as
select
    document.kind, document.document_id, document.account_id, document.legal_entity_id, document.label, document.issue_day,
    document.issued_at, document.year, document.currency, document.net, document.vat, document.is_void,
    begun.at as delivery_begun_at, done.at as delivered_at, answer.uuid, answer.status as tax_status
from (
    select
        'invoice' as kind, invoice_id as document_id, invoice.account_id, legal_entity_id, label, issue_day, issued_at, year, currency,
        net, vat, void.invoice_id is not null as is_void
    from billing.invoice
    left join billing.void using (invoice_id)
    union all
    select
        'credit_note', credit_note_id, note.account_id, note.legal_entity_id, note.label, note.issue_day, note.issued_at, note.year,
        invoice.currency, note.net, note.vat, false
    from billing.credit_note as note
    join billing.invoice using (invoice_id)
) as document
left join billing.delivery as begun on begun.kind = document.kind and begun.document_id = document.document_id and begun.step = 'begun'
left join billing.delivery as done on done.kind = document.kind and done.document_id = document.document_id and done.step = 'done'
left join lateral (
    select uuid, status
    from billing.tax_submission as told
    where told.kind = document.kind and told.document_id = document.document_id
    order by tax_submission_id desc
    limit 1
) as answer on true;

-- Begins the delivery of a document; false: it is void. Whoever voids holds the counter row of the series: it is one or the other.
create function billing.begin_delivery(of_kind text, of_document bigint, by text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found_document record;
begin
    select * into strict found_document from billing.document where kind = of_kind and document_id = of_document;
    perform from billing.document_counter
    where legal_entity_id = found_document.legal_entity_id and series = of_kind and year = found_document.year
    for update;
    if of_kind = 'invoice' and exists (select from billing.void where invoice_id = of_document) then
        return false;
    end if;
    insert into billing.delivery (kind, document_id, step, account_id, actor)
    values (of_kind, of_document, 'begun', found_document.account_id, by)
    on conflict do nothing;
    return true;
end
$$;

-- Ends a delivery that was begun; false: another run has ended it.
create function billing.end_delivery(of_kind text, of_document bigint, by text, of_files jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into billing.delivery (kind, document_id, step, account_id, actor, files)
    select kind, document_id, 'done', account_id, by, of_files
    from billing.delivery
    where kind = of_kind and document_id = of_document and step = 'begun'
    on conflict do nothing;
    return found;
end
$$;
