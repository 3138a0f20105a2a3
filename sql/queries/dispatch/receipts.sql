-- Receipts and replies: stored first, matched later.

-- copy_receipts --
copy dispatch.receipt (
    received_at, connector_id, epoch_id, carrier_message_id, state, final, error_code, done_at, source, destination, msisdn,
    reference, raw) from stdin (format binary);

-- copy_replies --
copy dispatch.reply (received_at, connector_id, source, msisdn, destination, data_coding, is_stop, raw) from stdin (format binary);

-- adopt_cluster --
-- After a restore into another cluster transactions are counted anew: what has no match by then waits for one.
with moved as (
    update dispatch.receipts_matched
    set system_identifier = (select system_identifier from pg_control_system()),
        done_below = pg_snapshot_xmin(pg_current_snapshot()),
        ready_below = pg_snapshot_xmin(pg_current_snapshot())
    where system_identifier <> (select system_identifier from pg_control_system())
    returning single
)
insert into dispatch.receipt_unmatched (
    receipt_id, received_at, connector_id, message_ids, msisdn, source, reference, state, final, error_code, done_at)
select
    receipt_id, received_at, connector_id, array_remove(array[carrier_message_id], null), msisdn, source, reference, state, final,
    error_code, done_at
from dispatch.receipt
where (select single from moved)
  and received_at > now() - interval '40 days'
  and not exists (select from dispatch.receipt_match where receipt_match.receipt_id = receipt.receipt_id)
on conflict do nothing;

-- one_by_one --
-- How the matcher's transactions find rows in the logs: by their indexes. The logs grow faster than their statistics, and a
-- plan that reads a whole log to join it costs a second for every lot.
set local enable_hashjoin = off;
set local enable_mergejoin = off;
set local enable_seqscan = off;

-- take_turn --
-- One worker at a time matches what is new, until its transaction ends. Gives where the last one got, and how far the
-- next lot may go: what is committed below both this snapshot and the one before. So a receipt is looked at a round after it
-- came, when the answer to its submission, which may be committed later, is there too.
select
    done_below,
    least(ready_below, pg_snapshot_xmin(pg_current_snapshot())) as ready_below,
    pg_snapshot_xmin(pg_current_snapshot()) as next_ready_below
from dispatch.receipts_matched
where system_identifier = (select system_identifier from pg_control_system())
for update skip locked;

-- next_lot --
-- The end of a lot of receipts, the transaction after so many of them or all that are ready; and when its first one came,
-- null where there is none.
select
    coalesce((
        select receipt.load_xid
        from dispatch.receipt
        where receipt.load_xid > %(done)s::xid8
          and receipt.load_xid < %(ready)s::xid8
        order by receipt.load_xid
        offset %(limit)s
        limit 1
    ), %(ready)s::xid8),
    (
        select receipt.received_at
        from dispatch.receipt
        where receipt.load_xid >= %(done)s::xid8
          and receipt.load_xid < %(ready)s::xid8
        order by receipt.load_xid
        limit 1
    );

-- match_lot --
-- New receipts to accepted attempts of the last hours, by the carrier's id and either the reference that both carry or the
-- recipient: of several the one without a final receipt, then the newest. Gives how many were matched, and which found none.
with known as (
    select
        receipt.receipt_id, receipt.received_at, receipt.state, receipt.final, receipt.error_code, receipt.done_at,
        found.account_id, found.campaign_id, found.ordinal, found.segment, found.attempt, found.sent_at,
        count(*) over (partition by receipt.receipt_id) as candidates
    from dispatch.receipt
    left join lateral (
        select
            submission.account_id, submission.campaign_id, submission.ordinal, submission.segment, submission.attempt,
            submission.sent_at
        from dispatch.submission
        where submission.connector_id = receipt.connector_id
          and submission.carrier_message_id = receipt.carrier_message_id
          and submission.sent_at > %(oldest)s
          and submission.sent_at < now() + interval '10 minutes'  -- two machines' clocks
          and (submission.reference = receipt.reference or receipt.msisdn = (
            select message.msisdn
            from dispatch.message
            where message.campaign_id = submission.campaign_id
              and message.ordinal = submission.ordinal
          ))
    ) as found on true
    where receipt.load_xid >= %(done)s::xid8
      and receipt.load_xid < %(end)s::xid8
),

chosen as materialized (
    select distinct on (known.receipt_id) known.*
    from known
    order by
        known.receipt_id,
        case when known.candidates > 1 then (
            select count(*) > 0
            from dispatch.receipt_match as earlier
            where earlier.campaign_id = known.campaign_id
              and earlier.ordinal = known.ordinal
              and earlier.segment = known.segment
              and earlier.attempt = known.attempt
              and earlier.final
        ) end,
        known.sent_at desc
),

matched as (
    insert into dispatch.receipt_match (
        receipt_id, received_at, account_id, campaign_id, ordinal, segment, attempt, state, final, error_code, done_at)
    select
        receipt_id, received_at, account_id, campaign_id, ordinal, segment, attempt, state, final, error_code, done_at
    from chosen
    where campaign_id is not null
)

select
    count(*) filter (where campaign_id is not null),
    coalesce(array_agg(receipt_id) filter (where campaign_id is null), '{}')
from chosen;

-- wait --
-- These receipts of the lot wait. Gives the key that each was looked up by, and how its carrier writes ids.
with waiting as (
    insert into dispatch.receipt_unmatched (
        receipt_id, received_at, connector_id, message_ids, msisdn, source, reference, state, final, error_code, done_at)
    select
        receipt_id, received_at, connector_id, array_remove(array[carrier_message_id], null), msisdn, source, reference, state,
        final, error_code, done_at
    from dispatch.receipt
    where load_xid >= %(done)s::xid8
      and load_xid < %(end)s::xid8
      and receipt_id = any (%(receipts)s)
    returning receipt_id, connector_id, message_ids
)

select waiting.receipt_id, waiting.message_ids[1], connector.message_id_form
from waiting
join dispatch.connector using (connector_id);

-- know_ids --
-- Under which other keys the submissions of waiting receipts may be found.
update dispatch.receipt_unmatched
set message_ids = string_to_array(known.keys, chr(31))
from unnest(%(receipts)s::bigint[], %(keys)s::text[]) as known (receipt_id, keys)
where receipt_unmatched.receipt_id = known.receipt_id;

-- end_turn --
update dispatch.receipts_matched
set done_below = %(done)s::xid8,
    ready_below = %(next_ready)s::xid8;

-- match_waiting --
-- Receipts that found no attempt at first, the likeliest form of their id first, then as `match_lot` does. What was in doubt
-- and is settled by now carries its id in the settlement. Two workers never match the same receipts; gives how many found
-- their attempt, of how many, and the last one looked at.
with waiting as materialized (
    select *
    from dispatch.receipt_unmatched
    where received_at > now() - make_interval(secs => %(age)s)
      and receipt_id > %(after)s
    order by receipt_id
    limit %(limit)s
    for update skip locked
),

known as (
    select
        waiting.receipt_id, key.rank, submission.reference = waiting.reference as same_reference, submission.account_id, submission.campaign_id, submission.ordinal,
        submission.segment, submission.attempt, submission.sent_at, waiting.msisdn, waiting.source, waiting.received_at,
        waiting.state,
        waiting.final, waiting.error_code, waiting.done_at
    from waiting
    cross join lateral unnest(waiting.message_ids) with ordinality as key (id, rank)
    join dispatch.submission
        on submission.connector_id = waiting.connector_id
        and submission.carrier_message_id = key.id
        and submission.sent_at > now() - interval '40 days'
    union all
    select
        waiting.receipt_id, key.rank, submission.reference = waiting.reference as same_reference, submission.account_id, submission.campaign_id, submission.ordinal,
        submission.segment, submission.attempt, submission.sent_at, waiting.msisdn, waiting.source, waiting.received_at,
        waiting.state,
        waiting.final, waiting.error_code, waiting.done_at
    from waiting
    cross join lateral unnest(waiting.message_ids) with ordinality as key (id, rank)
    join dispatch.settlement
        on settlement.carrier_message_id = key.id
        and settlement.state = 'accepted'
    join dispatch.submission
        on submission.campaign_id = settlement.campaign_id
        and submission.ordinal = settlement.ordinal
        and submission.segment = settlement.segment
        and submission.attempt = settlement.attempt
        and submission.connector_id = waiting.connector_id
),

-- another form of an id may be another message's: there the reference must be the same, or where there is none the sender
chosen as (
    select distinct on (known.receipt_id) known.*
    from known
    join dispatch.message
        on message.campaign_id = known.campaign_id
        and message.ordinal = known.ordinal
        and message.msisdn = known.msisdn
    join intake.campaign
        on campaign.campaign_id = known.campaign_id
    where known.rank = 1
       or coalesce(known.same_reference, ltrim(campaign.sender, '+') = ltrim(known.source, '+'))
    order by
        known.receipt_id,
        known.rank,
        exists (
            select
            from dispatch.receipt_match as earlier
            where earlier.campaign_id = known.campaign_id
              and earlier.ordinal = known.ordinal
              and earlier.segment = known.segment
              and earlier.attempt = known.attempt
              and earlier.final
        ),
        known.sent_at desc
),

-- no join of one of these with another: they have no statistics, and the planner would take them for a handful of rows
gone as (
    delete from dispatch.receipt_unmatched
    where receipt_id = any (array(select chosen.receipt_id from chosen))
),

matched as (
    insert into dispatch.receipt_match (
        receipt_id, received_at, account_id, campaign_id, ordinal, segment, attempt, state, final, error_code, done_at)
    select
        receipt_id, received_at, account_id, campaign_id, ordinal, segment, attempt, state, final, error_code, done_at
    from chosen
    returning receipt_id
)

select (select count(*) from matched), count(*), max(receipt_id)
from waiting;
