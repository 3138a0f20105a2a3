-- Every attempt to send and what became of it. Logs are append-only: state is derived.
-- No foreign keys on the growing tables: each costs a look-up a row, and one transaction writes both sides.

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
create index on dispatch.intent (epoch_id, connector_id, serial);
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
