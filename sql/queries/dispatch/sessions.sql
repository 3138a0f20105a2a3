-- Sessions with carriers: what happened to them, and the connectors they belong to.

-- add_events --
-- What was written before a connection was lost is written again: it stays once.
insert into dispatch.session_event (at, connector_id, epoch_id, session, kind, reason, last_answered_at, counters)
select at, connector_id, %(epoch)s, session, kind, reason, last_answered_at, counters::jsonb
from unnest(
    %(at)s::timestamptz[], %(connector)s::integer[], %(line)s::smallint[], %(kind)s::text[], %(reason)s::text[],
    %(last)s::timestamptz[], %(counters)s::text[]
) as event (at, connector_id, session, kind, reason, last_answered_at, counters)
on conflict do nothing;

-- behind --
-- For how many seconds the oldest receipt waits to be looked at.
select extract(epoch from now() - until)::float8
from dispatch.receipts_looked_at;

-- unmatched --
-- How many receipts wait for their attempt, by connector.
select connector_id, count(*)
from dispatch.receipt_unmatched
group by connector_id;

-- connectors --
select
    connector_id, name, host, port, system_id, password, bind, sessions, "window", rate, routes, answers, wire, echoes_reference,
    message_id_form, ledger_window, tls, settings as options, enabled,
    exists (select from dispatch.stop where stop.connector_id = connector.connector_id) as stopped
from dispatch.connector
order by connector_id;

-- bound_elsewhere --
-- Connectors on which another worker that lives has a session now, unless it found the carrier ill (its circuit is open).
with last as (
    select distinct on (connector_id, epoch_id, event.session) connector_id, epoch_id, event.session, event.kind
    from dispatch.epoch
    cross join dispatch.connector
    join dispatch.session_event as event using (connector_id, epoch_id)
    where epoch.settled_at is null
      and epoch.epoch_id <> %(epoch)s
      and epoch.heartbeat_at > clock_timestamp() - interval '30 seconds'
      and event.kind <> 'counters'
    order by connector_id, epoch_id, event.session, event.session_event_id desc
)

select distinct connector_id
from last
where kind = 'bind'
  and not exists (
    select
    from last as circuit
    where circuit.connector_id = last.connector_id
      and circuit.epoch_id = last.epoch_id
      and circuit.kind = 'circuit_open'
);

-- operators --
-- The networks of the operators that routes name.
select network_id, operator
from network.network
where operator = any (%(operators)s);

-- in_doubt_recipients --
-- Whose attempts are in doubt at a connector: where receipts do not tell attempts apart nothing more goes to them.
select distinct message.msisdn
from dispatch.doubt
join dispatch.message using (campaign_id, ordinal)
where doubt.connector_id = %(connector)s
  and doubt.sent_at > now() - interval '8 days'
  and message.msisdn is not null;

-- claim_connector --
-- Where receipts do not tell attempts apart one worker at a time sends: the lock lasts as long as its connection. And not
-- while others send there, nor without a session (may_bind): who may not send for that lets go of the lock, so that they can.
with others as (
    select dispatch.sends_elsewhere(%(epoch)s, %(connector)s) or not %(may_bind)s as come_first
),

mine as (
    select exists (
        select
        from pg_locks
        where locktype = 'advisory'
          and pid = pg_backend_pid()
          and classid = (hashtext('dispatch.connector')::bigint & 4294967295)::oid
          and objid = %(connector)s::oid
          and objsubid = 2
          and granted
    ) as is_held
)

select case
    when others.come_first and mine.is_held then not pg_advisory_unlock(hashtext('dispatch.connector'), %(connector)s)
    when others.come_first then false
    else mine.is_held or pg_try_advisory_lock(hashtext('dispatch.connector'), %(connector)s)
end
from others, mine;
