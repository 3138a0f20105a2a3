-- Batches on their way to a carrier: ready -> leased -> done.

-- lease_batches --
-- Batches that may go now, most urgent first: ready ones, and those whose owner (another worker) fell silent. A new fence makes the old
-- owner's next intent fail; what it intended before stays open until it is settled. A cancelled campaign's batches are
-- leased as well: to drop what is left of them; a worker that has enough, or no carrier, takes only those and expired ones.
-- Outside its daily window nothing of a campaign expires but at its end: the validity is counted anew when the window opens.
with free as (
    select batch.batch_id, campaign.sender, campaign.state
    from dispatch.batch
    join intake.campaign using (campaign_id)
    where (batch.state = 'ready' or (batch.state = 'leased' and batch.leased_until < now() and batch.epoch_id <> %(epoch)s))
      and ((intake.standing(campaign) = 'accepted' and batch.not_before <= now() and not dispatch.is_stopped(batch.account_id, null))
         or (campaign.state = 'accepted' and campaign.ends_at <= now())
        or campaign.state = 'cancelled')
      and (%(hungry)s or campaign.state = 'cancelled' or batch.expires_at <= now())
    order by batch.priority, batch.batch_id
    limit %(limit)s
    for update of batch skip locked
)
update dispatch.batch
set state = 'leased',
    epoch_id = %(epoch)s,
    fence = nextval('dispatch.fence'),
    leased_until = now() + make_interval(secs => %(seconds)s)
from free
where batch.batch_id = free.batch_id
returning
    batch.batch_id, batch.account_id, batch.campaign_id, batch.first_ordinal, batch.size, batch.fence, batch.expires_at,
    free.sender, free.state, batch.priority;

-- renew_leases --
-- The leases that still hold, prolonged, and a sign of life.
with alive as (
    update dispatch.epoch
    set heartbeat_at = clock_timestamp()
    where epoch_id = %(epoch)s
)
update dispatch.batch
set leased_until = clock_timestamp() + make_interval(secs => %(seconds)s)
from unnest(%(batches)s::bigint[], %(fences)s::bigint[]) as held (batch_id, fence)
where batch.batch_id = held.batch_id
  and batch.fence = held.fence
  and batch.state = 'leased'
returning batch.batch_id;

-- campaign_states --
-- What a kill switch stops is paused as far as workers are concerned.
select
    campaign_id,
    case
        when intake.standing(campaign) = 'accepted' and dispatch.is_stopped(account_id, null) then 'paused'
        else intake.standing(campaign)
    end as state
from intake.campaign
where campaign_id = any (%(campaigns)s);

-- finish_batch --
-- Unless something of it was settled since it was planned: then it is planned once more.
update dispatch.batch
set state = case when again then 'ready' else 'done' end,
    again = false,
    epoch_id = null,
    fence = null,
    leased_until = null,
    done_at = case when again then null else clock_timestamp() end
where batch_id = %(batch)s
  and fence = %(fence)s
  and state = 'leased';

-- give_back_batch --
update dispatch.batch
set state = 'ready',
    epoch_id = null,
    fence = null,
    leased_until = null,
    not_before = greatest(not_before, now() + make_interval(secs => %(seconds)s))
where batch_id = %(batch)s
  and fence = %(fence)s
  and state = 'leased';

-- drop_unsent --
select dispatch.drop_unsent(%(batch)s, %(fence)s, %(ordinals)s::integer[], %(reason)s);

-- is_untouched --
-- Whether nothing of the batch was ever intended or given up, as is so for nearly every batch.
select not exists (select from dispatch.intent where batch_id = %(batch)s);

-- recipients --
-- The messages of a batch that are not given up, by columns: a row for all that have the same alphabet, segments, network
-- and zone. Arrays in their binary form; the texts in one, UTF-8, with their lengths in octets.
select
    encoding,
    segments,
    network_id,
    zone,
    array_send(array_agg(ordinal order by ordinal)) as ordinals,
    array_send(array_agg(msisdn order by ordinal)) as msisdns,
    array_send(array_agg(octet_length(text) order by ordinal)) as lengths,
    string_agg(convert_to(text, 'UTF8'), '' order by ordinal) as texts
from dispatch.message
where campaign_id = %(campaign)s
  and ordinal >= %(first)s
  and ordinal < %(end)s
  and not exists (
    select
    from dispatch.dropped
    where dropped.campaign_id = message.campaign_id
      and dropped.ordinal = message.ordinal
)
group by encoding, segments, network_id, zone;

-- strangers --
-- Those of these messages whose recipient opted out or left the base.
select message.ordinal
from dispatch.message
where message.campaign_id = %(campaign)s
  and message.ordinal = any (%(ordinals)s::integer[])
  and (exists (
        select
        from account.opt_out
        where opt_out.msisdn = message.msisdn
          and (opt_out.account_id = message.account_id or opt_out.account_id is null)
    )
    or not exists (
        select
        from account.base_member
        where base_member.account_id = message.account_id
          and base_member.msisdn = message.msisdn
    ));

-- attempts --
-- What was tried of them and has its end.
select ordinal, segment, attempt, state::text, transient, connector_id
from dispatch.attempt
where campaign_id = %(campaign)s
  and ordinal >= %(first)s
  and ordinal < %(end)s
order by ordinal;

-- open_attempts --
-- What is intended of them and has no end yet.
select ordinal, segment, attempt
from dispatch.open_attempts(%(batch)s)
order by ordinal;
