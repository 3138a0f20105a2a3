-- What carriers hand over: receipts, matched to attempts later, and replies.

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

-- Until when the matcher has looked at what came: one row. Any open transaction that writes holds it back.
create view dispatch.receipts_looked_at as
select coalesce(min(receipt.received_at), now()) as until
from dispatch.receipts_matched
left join dispatch.receipt
    on receipt.load_xid >= receipts_matched.done_below
    and receipt.received_at > now() - interval '40 days';

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
