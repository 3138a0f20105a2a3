-- Who sends what is to be sent: batches, connectors, workers and their sessions.

create sequence dispatch.fence;

-- [<= 5,000 messages of a campaign: ready -> leased -> done]; done -> ready where proof of silence sends something again.
create table dispatch.batch (
    batch_id bigint generated always as identity primary key,
    account_id bigint not null,
    campaign_id bigint not null,
    first_ordinal integer not null,
    size integer not null check (size between 1 and 5000),
    priority smallint not null default 100,
    not_before timestamptz not null default now(),
    expires_at timestamptz not null,
    state text not null default 'ready' check (state in ('ready', 'leased', 'done')),
    epoch_id bigint,
    fence bigint,
    leased_until timestamptz,
    done_at timestamptz,
    again boolean not null default false,
    broken boolean not null default false,
    unique (campaign_id, first_ordinal),
    check ((state = 'leased') = (epoch_id is not null and fence is not null and leased_until is not null)),
    check ((state = 'done') = (done_at is not null))
);
create index on dispatch.batch (campaign_id, batch_id) where state <> 'done';
create index on dispatch.batch (epoch_id) where state = 'leased';
comment on column dispatch.batch.priority is 'Lower goes first: informational 100, promotional 200.';
comment on column dispatch.batch.not_before is 'The campaign''s schedule, or this batch''s share of its spread; what is paused or outside its daily window is not leased.';
comment on column dispatch.batch.again is 'Something of it was settled while it was leased: it is planned once more before it is done.';
comment on column dispatch.batch.broken is 'Its last lease found that it cannot be sent as it was accepted; the worker''s log says why.';
comment on column dispatch.batch.expires_at is 'eligible_at + validity, counted anew when the daily window opens or the campaign is resumed: what is not written by then is dropped as expired.';

create table dispatch.connector (
    connector_id integer generated always as identity primary key,
    name text not null unique,
    host text not null,
    port integer not null check (port between 1 and 65535),
    system_id text not null check (length(system_id) between 1 and 15),
    password jsonb not null,
    bind text not null default 'transceiver' check (bind in ('transmitter', 'receiver', 'transceiver')),
    sessions smallint not null default 1 check (sessions between 1 and 64),
    "window" integer not null default 100 check ("window" between 1 and 100000),
    rate integer check (rate > 0),
    routes jsonb not null default '[]',
    answers jsonb not null default '{}',
    wire jsonb not null default '{}',
    receipts_complete boolean not null default false,
    in_doubt_after integer check (in_doubt_after > 0),
    in_doubt_policy text not null default 'never_twice' check (in_doubt_policy in ('never_twice', 'at_least_once')),
    echoes_reference boolean not null default true,
    message_id_form text not null default 'auto' check (message_id_form in ('as_is', 'decimal', 'hex', 'auto')),
    ledger_window integer not null default 8000 check (ledger_window between 1 and 100000),
    tls jsonb not null default 'false',
    settings jsonb not null default '{}',
    enabled boolean not null default true
);
comment on column dispatch.connector.password is '{"value": ...} or {"env": NAME} or {"file": PATH}.';
comment on column dispatch.connector.rate is 'Segments a second, all sessions and workers together; null: no limit.';
comment on column dispatch.connector.routes is 'Prefixes as texts, or {"prefix" or "operator", "cost", "weight"}.';
comment on column dispatch.connector.answers is '{command_status in hexadecimal: retry, slow_down, in_doubt or final}, where it differs from the standard.';
comment on column dispatch.connector.in_doubt_after is 'Seconds without a receipt that prove a segment was not accepted, where receipts_complete.';

-- [a run of a dispatch worker]. Its journal is a file; whether it died is seen by the lock on it (same boot), else by its silence.
create table dispatch.epoch (
    epoch_id bigint generated always as identity primary key,
    worker text not null,
    host text not null,
    boot_id text not null,
    pid integer not null,
    journal text not null,
    started_at timestamptz not null default now(),
    heartbeat_at timestamptz not null default now(),
    stored_until timestamptz not null default now(),
    ended_at timestamptz,
    settled_at timestamptz
);
create index on dispatch.epoch (epoch_id) where settled_at is null;
comment on column dispatch.epoch.stored_until is
    'All that carriers handed over to it by then is stored: what another worker does not hear, this one may have heard.';
comment on column dispatch.epoch.settled_at is 'When every attempt it intended had a committed end, by itself or by recovery.';

-- A rate, of a connector or of a campaign, shared out to workers: lowered a second and a half before it is raised elsewhere.
create table dispatch.rate_share (
    scope text not null check (scope in ('connector', 'campaign')),
    subject_id bigint not null,
    epoch_id bigint not null references dispatch.epoch,
    rate integer not null check (rate >= 0),
    before integer not null check (before >= 0),
    demand integer check (demand >= 0),
    effective_at timestamptz not null,
    primary key (scope, subject_id, epoch_id)
);
comment on column dispatch.rate_share.before is 'What the worker had until effective_at: others go by it as long.';
comment on column dispatch.rate_share.demand is 'What it has a use for; null: whatever it gets.';

create table dispatch.session_event (
    session_event_id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    connector_id integer not null,
    epoch_id bigint not null,
    session smallint not null,
    kind text not null check (kind in (
        'bind', 'bind_refused', 'unbind', 'loss', 'counters', 'circuit_open', 'circuit_half_open', 'circuit_closed')),
    reason text,
    last_answered_at timestamptz,
    counters jsonb not null default '{}',
    load_xid xid8 not null default pg_current_xact_id()
);
create index on dispatch.session_event (connector_id, at);
create index on dispatch.session_event (load_xid);
create unique index on dispatch.session_event (epoch_id, connector_id, session, at, kind);
comment on column dispatch.session_event.last_answered_at is
    'When the session''s last answer came. Each minute in which one did has a row with it: SLA S1 counts the others.';
comment on column dispatch.session_event.counters is
    'Since the bind: sent, answered, refused, received, malformed, overdue; at its end in_doubt; of the worker: rss (octets), cpu (seconds).';
create index on dispatch.session_event (connector_id, epoch_id, session, session_event_id) where kind <> 'counters';
comment on column dispatch.session_event.session is 'One of the worker''s lines; -1 where it is about the connector as a whole.';
