-- What the ledger asks after it lost its connection in the middle of a commit.

-- group_commit --
-- Whether this group is committed.
select serial
from dispatch.group_commit
where epoch_id = %(epoch)s
  and serial = %(serial)s;

-- intended --
-- What of these intents was committed: who had opted out by then is missing.
select intent.serial, entry.ordinal, entry.segment
from dispatch.intent
cross join lateral unnest(intent.ordinals, intent.segments) as entry (ordinal, segment)
where intent.epoch_id = %(epoch)s
  and intent.serial = any (%(serials)s);

-- clock --
select clock_timestamp();

-- ensure_days --
-- The logs' partitions of yesterday to three days ahead.
select dispatch.ensure_days((now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + 3);

-- append_late --
-- Answers of a worker that was taken for dead: its attempts are in doubt meanwhile, and these are proof.
insert into dispatch.settlement (account_id, campaign_id, ordinal, segment, attempt, state, proof, carrier_message_id)
select account_id, campaign_id, ordinal, segment, attempt, state, 'answer', carrier_message_id
from unnest(
    %(accounts)s::bigint[], %(campaigns)s::bigint[], %(ordinals)s::integer[], %(segments)s::smallint[],
    %(attempts)s::smallint[], %(states)s::dispatch.attempt_state[], %(ids)s::text[]
) as late (account_id, campaign_id, ordinal, segment, attempt, state, carrier_message_id)
on conflict do nothing;
