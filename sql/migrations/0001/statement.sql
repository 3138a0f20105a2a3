-- What carriers say that they accepted.

-- [what a carrier says it accepted] (`outbound statement load`).
create table dispatch.statement_line (
    connector_id integer not null references dispatch.connector,
    carrier_message_id text collate "C" not null,
    destination text not null,
    source text,
    reference integer,
    accepted_at timestamptz,
    is_delivered boolean,
    price numeric(14, 6) check (price >= 0),
    currency text check (currency ~ '^[A-Z]{3}$'),
    statement text not null,
    loaded_at timestamptz not null default now(),
    campaign_id bigint,
    ordinal integer,
    segment smallint,
    attempt smallint,
    is_other boolean not null default false,
    load_xid xid8 not null default pg_current_xact_id(),
    primary key (connector_id, carrier_message_id),
    check (num_nulls(campaign_id, ordinal, segment, attempt) in (0, 4)),
    check (not is_other or campaign_id is not null)
);
create index on dispatch.statement_line (campaign_id, ordinal) where campaign_id is not null;
create index on dispatch.statement_line (connector_id) where campaign_id is null or is_other;
create index on dispatch.statement_line (load_xid);
comment on column dispatch.statement_line.campaign_id is 'With ordinal, segment and attempt: the attempt of ours that the line is about; null where there is none.';
comment on column dispatch.statement_line.is_other is 'The attempt of this id went to another destination than the line says.';
comment on column dispatch.statement_line.is_delivered is 'What the carrier says became of it in the end; null: it does not say.';
comment on column dispatch.statement_line.price is 'What the carrier asks for it; null: it does not say. Its currency is that of the buy rate where it is null.';
comment on column dispatch.statement_line.load_xid is 'Of the transaction that wrote it, or found its attempt.';
