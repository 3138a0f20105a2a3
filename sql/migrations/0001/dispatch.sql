-- What is to be sent, who sends it, every attempt and what became of it. Logs are append-only: state is derived.
-- No foreign keys on the growing tables: each costs a look-up a row, and one transaction writes both sides.

-- [recipient of a campaign]. The only place of a number and a text, beside raw receipts and replies.
create table dispatch.message (
    campaign_id bigint not null,
    ordinal integer not null check (ordinal >= 1),
    account_id bigint not null,
    line integer not null,
    msisdn bigint,
    msisdn_hash bytea,
    text text,
    encoding text not null check (encoding in ('gsm', 'ucs2')),
    segments smallint not null check (segments between 1 and 255),
    network_id integer not null,
    zone text not null,
    primary key (campaign_id, ordinal)
) partition by range (campaign_id);
comment on column dispatch.message.ordinal is '1.. in file order, without gaps.';
comment on column dispatch.message.msisdn is 'E.164 without +; null after retention, when only the hash is left.';
comment on column dispatch.message.msisdn_hash is 'HMAC-SHA256 under the account''s key, 16 octets; made when retention takes the number away.';

-- The partition that a campaign's messages go to: a range of 10,000 small campaigns, made when its first one comes.
create function dispatch.ensure_message_partition(campaign bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    first bigint := campaign / 10000 * 10000;
begin
    if campaign >= 1000000000000 then
        raise exception 'campaign % has a partition of its own: attach it', campaign;
    end if;
    if to_regclass(format('dispatch.message_%s', first)) is null then
        perform pg_advisory_xact_lock(hashtext('dispatch.message'), 0);
        execute format('create table if not exists dispatch.message_%s partition of dispatch.message for values from (%s) to (%s)',
            first, first, first + 10000);
    end if;
end
$$;

-- Makes a landing table, filled and indexed like dispatch.message, the partition of one large campaign. The check that it was made
-- with, one_campaign, spares ATTACH its scan of the rows.
create function dispatch.attach_messages(landing regclass, campaign bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    name text := (select relname from pg_class where oid = landing);
begin
    if campaign < 1000000000000 then
        raise exception 'campaign % shares a partition: insert its messages', campaign;
    end if;
    if (select relnamespace::regnamespace::text from pg_class where oid = landing) <> 'intake' then
        raise exception '% is not a landing table', landing;
    end if;
    execute format('alter table intake.%I owner to %I', name, current_user);
    execute format('alter table intake.%I set schema dispatch', name);
    execute format('alter table dispatch.message attach partition dispatch.%I for values from (%s) to (%s)', name, campaign, campaign + 1);
    execute format('alter table dispatch.%I drop constraint one_campaign', name);
end
$$;

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
    unique (campaign_id, first_ordinal),
    check ((state = 'leased') = (epoch_id is not null and fence is not null and leased_until is not null)),
    check ((state = 'done') = (done_at is not null))
);
create index on dispatch.batch (campaign_id, batch_id) where state <> 'done';
create index on dispatch.batch (epoch_id) where state = 'leased';
comment on column dispatch.batch.priority is 'Lower goes first: informational 100, promotional 200.';
comment on column dispatch.batch.not_before is 'The campaign''s schedule, or this batch''s share of its spread; what is paused or outside its daily window is not leased.';
comment on column dispatch.batch.again is 'Something of it was settled while it was leased: it is planned once more before it is done.';
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

-- [a run of a dispatch worker]. Its journal is a file; whether it died is seen by the lock on it (same boot) or by its silence.
create table dispatch.epoch (
    epoch_id bigint generated always as identity primary key,
    worker text not null,
    host text not null,
    boot_id text not null,
    pid integer not null,
    journal text not null,
    started_at timestamptz not null default now(),
    heartbeat_at timestamptz not null default now(),
    ended_at timestamptz,
    settled_at timestamptz
);
create index on dispatch.epoch (epoch_id) where settled_at is null;
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

-- [a block of attempts about to be written], committed before its first byte. Entry i is the attempt at
-- (ordinals[i], segments[i]), the (first_sequence + i - 1)th thing its session has to write. Its user_message_reference follows from these.
create table dispatch.intent (
    epoch_id bigint not null,
    serial bigint not null,
    account_id bigint not null,
    campaign_id bigint not null,
    batch_id bigint not null,
    fence bigint not null,
    connector_id integer not null,
    session smallint not null,
    first_sequence bigint not null,
    ordinals integer[] not null,
    segments smallint[] not null,
    attempts smallint[] not null,
    intended_at timestamptz not null default clock_timestamp(),
    primary key (epoch_id, serial),
    check (cardinality(ordinals) > 0
       and cardinality(ordinals) = cardinality(segments)
       and cardinality(ordinals) = cardinality(attempts))
);
create index on dispatch.intent (batch_id);
comment on column dispatch.intent.session is 'One of the worker''s lines to the carrier; it stays the same when the line reconnects.';
comment on column dispatch.intent.first_sequence is 'Counts on over reconnects and never wraps: what the journal''s mark of the session is compared with.';

-- [a group commit of a worker]: looked up after a lost connection, before anything is replayed.
create table dispatch.group_commit (
    epoch_id bigint not null,
    serial bigint not null,
    open_from bigint not null,
    committed_at timestamptz not null default clock_timestamp(),
    primary key (epoch_id, serial)
);
comment on column dispatch.group_commit.open_from is
    'Every attempt of the epoch''s intents with a lower serial has its committed end: recovery looks at the others only.';

create type dispatch.attempt_state as enum ('accepted', 'rejected', 'not_sent', 'in_doubt', 'unknown');

-- [attempt]: exactly one row each. What is in doubt is settled by a row of dispatch.settlement; nothing is updated.
create table dispatch.submission (
    account_id bigint not null,
    campaign_id bigint not null,
    ordinal integer not null,
    segment smallint not null,
    attempt smallint not null check (attempt >= 1),
    state dispatch.attempt_state not null check (state <> 'unknown'),
    transient boolean not null default false,
    command_status integer,
    carrier_message_id text collate "C",
    sent_at timestamptz not null,
    answered_at timestamptz,
    epoch_id bigint not null,
    intent_serial bigint not null,
    connector_id integer not null,
    session smallint not null,
    sequence bigint not null,
    reference integer not null,
    network_id integer not null,
    zone text not null,
    load_xid xid8 not null default pg_current_xact_id(),
    check (state = 'in_doubt' or (state in ('accepted', 'rejected')) = (command_status is not null)),
    check ((command_status is null) = (answered_at is null)),
    check ((state = 'accepted') = (command_status is not distinct from 0)),
    check (not transient or state = 'rejected')
) partition by range (sent_at);
create index on dispatch.submission (campaign_id, ordinal);
create index on dispatch.submission (connector_id, carrier_message_id);
create index on dispatch.submission (load_xid);
create index on dispatch.submission (state, campaign_id) where state <> 'accepted';
comment on column dispatch.submission.segment is '1.. within its message.';
comment on column dispatch.submission.transient is 'Rejected with a status that is tried again.';
comment on column dispatch.submission.sent_at is
    'Stamped just before the write; where nobody knows it any more, the commit of the intent (CHARGING 1).';
comment on column dispatch.submission.reference is 'user_message_reference: 16 bits, another one for each attempt in flight.';

-- [an attempt in doubt, settled]: accepted by proof, unknown at its time limit, not_sent by proof of silence. Accepted after unknown is a second row.
create table dispatch.settlement (
    account_id bigint not null,
    campaign_id bigint not null,
    ordinal integer not null,
    segment smallint not null,
    attempt smallint not null,
    state dispatch.attempt_state not null check (state in ('accepted', 'unknown', 'not_sent')),
    proof text not null check (proof in ('receipt', 'statement', 'answer', 'time_limit', 'silence')),
    carrier_message_id text collate "C",
    settled_at timestamptz not null default now(),
    load_xid xid8 not null default pg_current_xact_id(),
    primary key (campaign_id, ordinal, segment, attempt, state)
);
create index on dispatch.settlement (carrier_message_id) where carrier_message_id is not null;
create index on dispatch.settlement (account_id, load_xid) where state = 'accepted';
comment on column dispatch.settlement.proof is
    'answer: of a worker that had been taken for dead; it is appended however late it comes.';

-- [message that will not be (wholly) sent, and not for an answer of the carrier]: its unsent segments are released.
create table dispatch.dropped (
    account_id bigint not null,
    campaign_id bigint not null,
    ordinal integer not null,
    segments smallint not null check (segments > 0),
    reason text not null check (reason in ('opted_out', 'not_in_base', 'expired', 'cancelled', 'part_rejected', 'no_route')),
    at timestamptz not null default now(),
    load_xid xid8 not null default pg_current_xact_id(),
    primary key (campaign_id, ordinal)
);
create index on dispatch.dropped (load_xid);
comment on column dispatch.dropped.segments is 'How many of its segments had no attempt that may have been accepted.';

-- [DLR], by connector until it is matched. Stored before its deliver_sm_resp.
create table dispatch.receipt (
    receipt_id bigint generated always as identity,
    received_at timestamptz not null,
    connector_id integer not null,
    epoch_id bigint not null,
    carrier_message_id text collate "C",
    state smallint not null check (state between 1 and 8),
    final boolean not null,
    error_code text,
    done_at timestamptz,
    source text not null,
    destination text not null,
    msisdn bigint,
    reference integer,
    raw bytea not null,
    load_xid xid8 not null default pg_current_xact_id()
) partition by range (received_at);
create index on dispatch.receipt (load_xid);
comment on column dispatch.receipt.carrier_message_id is 'In the connector''s normal form, as submissions carry it.';
comment on column dispatch.receipt.state is 'message_state of SMPP 3.4 5.2.28: 2 DELIVERED, 3 EXPIRED, 5 UNDELIVERABLE ...';

-- [receipt that found its attempt].
create table dispatch.receipt_match (
    receipt_id bigint not null,
    received_at timestamptz not null,
    account_id bigint not null,
    campaign_id bigint not null,
    ordinal integer not null,
    segment smallint not null,
    attempt smallint not null,
    state smallint not null,
    final boolean not null,
    error_code text,
    done_at timestamptz,
    matched_at timestamptz not null default clock_timestamp(),
    load_xid xid8 not null default pg_current_xact_id()
);
comment on column dispatch.receipt_match.matched_at is
    'When it found its attempt: from then on its customer sees it, on the campaign''s page and in reports and exports (SLA S11).';
create index on dispatch.receipt_match (campaign_id, ordinal);
create index on dispatch.receipt_match (load_xid);

-- [receipt that waits for its attempt]: the queue of the matcher, with all that matching needs.
create table dispatch.receipt_unmatched (
    receipt_id bigint primary key,
    received_at timestamptz not null,
    connector_id integer not null,
    message_ids text[] collate "C" not null default '{}',
    msisdn bigint,
    source text not null default '',
    reference integer,
    state smallint not null default 7,
    final boolean not null default true,
    error_code text,
    done_at timestamptz
);
-- How far receipts were looked at by the matcher; what found no attempt waits in dispatch.receipt_unmatched.
create table dispatch.receipts_matched (
    single boolean primary key default true check (single),
    system_identifier bigint not null,
    done_below xid8 not null,
    ready_below xid8 not null
);
insert into dispatch.receipts_matched (system_identifier, done_below, ready_below)
select system_identifier, pg_snapshot_xmin(pg_current_snapshot()), pg_snapshot_xmin(pg_current_snapshot())
from pg_control_system();
comment on column dispatch.receipts_matched.system_identifier is
    'Of the cluster that the transactions belong to: after a restore into another one they start anew.';

comment on column dispatch.receipt_unmatched.message_ids is
    'The normal forms that the receipt''s id may stand for, the likeliest first (message_id_form auto has several).';

-- [MO]: what a subscriber sent to one of our addresses. Stored before its deliver_sm_resp.
create table dispatch.reply (
    reply_id bigint generated always as identity primary key,
    received_at timestamptz not null,
    connector_id integer not null,
    source text not null,
    msisdn bigint,
    destination text not null,
    data_coding smallint not null,
    is_stop boolean not null,
    raw bytea not null,
    load_xid xid8 not null default pg_current_xact_id()
);
comment on column dispatch.reply.is_stop is 'The subscriber wants no more messages: opted out by the time that the carrier has its acknowledgement.';

-- Of the accounts whose sender was answered; of all, where it is nobody's.
create function dispatch.opt_out_who_stops() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into account.opt_out (account_id, msisdn, source)
    select distinct sender.account_id, arrived.msisdn, 'stop'
    from arrived
    left join account.sender on ltrim(sender.address, '+') = ltrim(arrived.destination, '+')
    where arrived.is_stop
      and arrived.msisdn between 1000000 and 999999999999999
    on conflict do nothing;
    return null;
end
$$;
create trigger opt_out_who_stops after insert on dispatch.reply
    referencing new table as arrived for each statement execute function dispatch.opt_out_who_stops();

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

-- Partitions by UTC day for the logs. Called ahead of time by housekeeping and by each worker as it starts.
create function dispatch.ensure_days(first date, last date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    log text;
    day date;
    name text;
begin
    foreach log in array array['submission', 'receipt'] loop
        for day in select generate_series(first, last, interval '1 day')::date loop
            name := format('%s_%s', log, to_char(day, 'YYYYMMDD'));
            if to_regclass('dispatch.' || name) is null then
                perform pg_advisory_xact_lock(hashtext('dispatch.' || log), 0);
                execute format('create table if not exists dispatch.%I partition of dispatch.%I for values from (%L) to (%L)',
                    name, log, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
            end if;
        end loop;
    end loop;
end
$$;
select dispatch.ensure_days((now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + 3);
