-- Batches on their way to a carrier: ready -> leased -> done.

-- lease_batches --
-- Batches that may go now: ready ones, and those whose lease ran out. A new fence makes the old
-- owner's next intent fail; what it intended before stays open until it is settled. A cancelled campaign's batches are
-- leased as well: to drop what is left of them; a worker without a carrier takes only those and expired ones.
-- Outside its daily window nothing of a campaign expires but at its end: the validity is counted anew when the window opens.
-- The most urgent go first; of equally urgent ones those of the account, and then of the campaign, that has the least with
-- workers now: neither a huge campaign nor one that gets on slowly keeps others waiting. A worker that has enough
-- (not hungry) still begins a campaign that nobody sends yet; of one campaign it takes no more than most_of_one messages.
-- passed: batches that this worker has nothing to send of; it takes them only to give them up. held: those that it knows
-- to be its own; broken: those of them that it cannot send, which keep nothing else of their campaign waiting. A lease in its name that it does not know of (the answer was lost with its connection) runs out for it
-- as for everybody.
with recursive active (campaign_id) as (
    (
        select campaign_id
        from dispatch.batch
        where state <> 'done'
        order by campaign_id
        limit 1
    )
    union all
    select (
        select batch.campaign_id
        from dispatch.batch
        where batch.state <> 'done'
          and batch.campaign_id > active.campaign_id
        order by batch.campaign_id
        limit 1
    )
    from active
    where active.campaign_id is not null
),

held as (
    select campaign_id, sum(size) as size, coalesce(sum(size) filter (where batch_id = any (%(held)s::bigint[]) and batch_id <> all (%(broken)s::bigint[])), 0) as own
    from dispatch.batch
    where state = 'leased'
    group by campaign_id
),

campaigns as (
    select
        campaign.campaign_id,
        campaign.account_id,
        campaign.sender,
        campaign.state,
        campaign.rate,
        campaign.state = 'cancelled' or (campaign.state = 'accepted' and campaign.ends_at <= now()) as is_over,
        intake.standing(campaign) = 'accepted' and not dispatch.is_stopped(campaign.account_id, null) as may_go,
        coalesce(held.size, 0) as size,
        coalesce(held.own, 0) as own,
        coalesce(sum(held.size) over (partition by campaign.account_id), 0) as size_of_account
    from active
    join intake.campaign using (campaign_id)
    left join held using (campaign_id)
),

candidates as (
    select
        campaigns.account_id,
        campaigns.sender,
        campaigns.state,
        campaigns.rate,
        campaigns.own,
        campaigns.size_of_account,
        next.batch_id,
        next.size,
        next.priority,
        campaigns.is_over or next.expires_at <= now() as ends,
        campaigns.size + sum(next.size) over (partition by campaigns.campaign_id order by next.batch_id) - next.size as ahead
    from campaigns
    cross join lateral (
        select batch.batch_id, batch.size, batch.priority, batch.expires_at
        from dispatch.batch
        where batch.campaign_id = campaigns.campaign_id
          and batch.state <> 'done'
          and (batch.state = 'ready' or (batch.leased_until < now() and batch.batch_id <> all (%(held)s::bigint[])))
          and (campaigns.is_over or batch.not_before <= now())
          and (campaigns.is_over or batch.expires_at <= now() or batch.batch_id <> all (%(passed)s::bigint[]))
        order by batch.batch_id
        limit 4 * %(limit)s
    ) as next
    where campaigns.is_over
       or campaigns.may_go
),

ranked as (
    select
        batch_id,
        sender,
        state,
        rate,
        priority,
        size_of_account + sum(size) over (partition by account_id, priority order by ahead, batch_id) - size as turn
    from candidates
    where ends
       or (%(hungry)s and own < %(most_of_one)s)
       or (%(sending)s and ahead = 0)
),

free as (
    select batch.batch_id, ranked.sender, ranked.state, ranked.rate
    from ranked
    join dispatch.batch using (batch_id)
    where (batch.state = 'ready'
        or (batch.state = 'leased' and batch.leased_until < now() and batch.batch_id <> all (%(held)s::bigint[])))
      -- a worker that was taken for dead, and does not know it yet, holds nobody up
      and exists (select from dispatch.epoch where epoch_id = %(epoch)s and settled_at is null)
    order by ranked.priority, ranked.turn, ranked.batch_id
    limit %(limit)s
    for update of batch skip locked
)

update dispatch.batch
set state = 'leased',
    epoch_id = %(epoch)s,
    fence = nextval('dispatch.fence'),
    leased_until = now() + make_interval(secs => %(seconds)s),
    broken = false
from free
where batch.batch_id = free.batch_id
returning
    batch.batch_id, batch.account_id, batch.campaign_id, batch.first_ordinal, batch.size, batch.fence, batch.expires_at,
    free.sender, free.state, batch.priority, free.rate;

-- renew_leases --
-- The leases that still hold, prolonged, and a sign of life. stored: all that was received by the last one is stored.
with alive as (
    update dispatch.epoch
    set heartbeat_at = clock_timestamp(),
        stored_until = case when %(stored)s then heartbeat_at else stored_until end
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
    end as state,
    rate
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

-- settled_meanwhile --
-- The worker's batches of which something was settled since they were planned.
select batch_id
from dispatch.batch
where epoch_id = %(epoch)s
  and state = 'leased'
  and again;

-- begin_anew --
-- Before a batch is planned anew: what is settled from now on asks for it once more.
update dispatch.batch
set again = false
where batch_id = %(batch)s
  and fence = %(fence)s
  and state = 'leased';

-- report_broken --
update dispatch.batch
set broken = true
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
-- and zone, in one order that is the same for all columns. Arrays in their binary form; the texts in one, UTF-8, with their
-- lengths in octets.
select
    encoding,
    segments,
    network_id,
    zone,
    array_send(array_agg(ordinal)) as ordinals,
    array_send(array_agg(msisdn)) as msisdns,
    array_send(array_agg(octet_length(text))) as lengths,
    convert_to(string_agg(text, ''), 'UTF8') as texts
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

-- former_routes --
-- Routes that were replaced since the campaign was accepted.
select former_routes.routes
from intake.campaign
join dispatch.former_routes on former_routes.replaced_at >= campaign.accepted_at
where campaign.campaign_id = %(campaign)s;

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
