-- Runs of workers: their beginning, their end, and what a dead one left.

-- begin_epoch --
insert into dispatch.epoch (worker, host, boot_id, pid, journal)
values (%(worker)s, %(host)s, %(boot_id)s, %(pid)s, %(journal)s)
returning epoch_id;

-- unsettled_epochs --
-- Other workers' runs that are not settled, and whether they fell silent.
select
    epoch_id, boot_id, journal,
    heartbeat_at < clock_timestamp() - make_interval(secs => %(silence)s) as is_silent
from dispatch.epoch
where settled_at is null
  and epoch_id <> %(own)s
order by epoch_id;

-- try_turn --
-- One worker at a time looks at a journal, until its transaction ends.
select pg_try_advisory_xact_lock(hashtext('dispatch.recovery'), hashtext(%(epoch)s::text));

-- journals --
-- Of these files, those that an epoch names, and whether it is settled.
select journal, settled_at is not null
from dispatch.epoch
where journal = any (%(paths)s::text[]);

-- lock_epoch --
-- Whoever holds this lock settles the epoch; a commit of its worker that is under way is waited for, later ones fail.
select epoch_id
from dispatch.epoch
where epoch_id = %(epoch)s
  and settled_at is null
  and (%(proven)s or heartbeat_at < clock_timestamp() - make_interval(secs => %(silence)s))
for update;

-- open_attempts --
-- What an epoch intended and has no committed end for. Older intents than its last commit speaks of have theirs.
select
    intent.serial, intent.account_id, intent.campaign_id, intent.connector_id, connector.message_id_form, connector.answers,
    intent.session,
    intent.first_sequence + entry.place - 1, entry.ordinal, entry.segment, entry.attempt,
    message.segments, intent.intended_at, message.network_id, message.zone
from dispatch.intent
join dispatch.connector using (connector_id)
cross join lateral unnest(intent.ordinals, intent.segments, intent.attempts)
    with ordinality as entry (ordinal, segment, attempt, place)
join dispatch.message
    on message.campaign_id = intent.campaign_id
    and message.ordinal = entry.ordinal
where intent.epoch_id = %(epoch)s
  and intent.serial >= coalesce((
    select open_from
    from dispatch.group_commit
    where epoch_id = %(epoch)s
    order by serial desc
    limit 1
), 0)
  and not exists (
    select
    from dispatch.submission
    where submission.campaign_id = intent.campaign_id
      and submission.ordinal = entry.ordinal
      and submission.segment = entry.segment
      and submission.attempt = entry.attempt
)
order by intent.serial, entry.place;

-- settle_epoch --
update dispatch.epoch
set settled_at = clock_timestamp(),
    ended_at = coalesce(ended_at, clock_timestamp())
where epoch_id = %(epoch)s;

-- release_batches --
update dispatch.batch
set state = 'ready',
    epoch_id = null,
    fence = null,
    leased_until = null
where epoch_id = %(epoch)s
  and state = 'leased';

-- release_rate --
delete from dispatch.rate_share
where epoch_id = %(epoch)s;
