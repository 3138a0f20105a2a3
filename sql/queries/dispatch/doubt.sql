-- What proof, silence and time make of attempts in doubt.

-- match_in_doubt --
-- Receipts that found no accepted attempt for so long, on attempts in doubt: by connector, recipient, sender and
-- user_message_reference. A receipt in any state proves that the carrier accepted. In doubt are attempts of ended sessions
-- only. Where the carrier does not echo the reference at most one attempt a recipient is in doubt. Receipts of strangers,
-- however many, are not looked at.
with doubtful as materialized (
    select
        submission.account_id, submission.campaign_id, submission.ordinal, submission.segment, submission.attempt,
        submission.connector_id, submission.reference, submission.sent_at, message.msisdn, ltrim(campaign.sender, '+') as source
    from dispatch.submission
    join dispatch.message
        on message.campaign_id = submission.campaign_id
        and message.ordinal = submission.ordinal
    join intake.campaign
        on campaign.campaign_id = submission.campaign_id
    where submission.state = 'in_doubt'
      and submission.sent_at > now() - interval '40 days'
      and not exists (
        select
        from dispatch.settlement
        where settlement.campaign_id = submission.campaign_id
          and settlement.ordinal = submission.ordinal
          and settlement.segment = submission.segment
          and settlement.attempt = submission.attempt
          and settlement.state = 'accepted'
    )
),

waiting as materialized (
    select receipt_unmatched.*, connector.echoes_reference
    from dispatch.receipt_unmatched
    join dispatch.connector using (connector_id)
    where receipt_unmatched.msisdn is not null
      and received_at < now() - make_interval(secs => coalesce((connector.settings ->> 'unmatched_after')::numeric, 60)::float8)
      and exists (
        select
        from doubtful
        where doubtful.connector_id = receipt_unmatched.connector_id
          and doubtful.msisdn = receipt_unmatched.msisdn
          and doubtful.source = ltrim(receipt_unmatched.source, '+')
          and (doubtful.reference = receipt_unmatched.reference or not connector.echoes_reference)
    )
    order by receipt_id
    limit %(limit)s
    for update of receipt_unmatched skip locked
),

chosen as (
    select distinct on (waiting.receipt_id)
        waiting.*, doubtful.account_id, doubtful.campaign_id, doubtful.ordinal, doubtful.segment, doubtful.attempt
    from waiting
    join doubtful
        on doubtful.connector_id = waiting.connector_id
        and doubtful.msisdn = waiting.msisdn
        and doubtful.source = ltrim(waiting.source, '+')
        and (doubtful.reference = waiting.reference or not waiting.echoes_reference)
    order by waiting.receipt_id, doubtful.sent_at desc
),

gone as (
    delete from dispatch.receipt_unmatched
    using chosen
    where receipt_unmatched.receipt_id = chosen.receipt_id
),

settled as (
    insert into dispatch.settlement (
        account_id, campaign_id, ordinal, segment, attempt, state, proof, carrier_message_id)
    select distinct on (campaign_id, ordinal, segment, attempt)
        account_id, campaign_id, ordinal, segment, attempt, 'accepted'::dispatch.attempt_state, 'receipt', message_ids[1]
    from chosen
    order by campaign_id, ordinal, segment, attempt, receipt_id
    on conflict do nothing
)

insert into dispatch.receipt_match (
    receipt_id, received_at, account_id, campaign_id, ordinal, segment, attempt, state, final, error_code, done_at)
select
    receipt_id, received_at, account_id, campaign_id, ordinal, segment, attempt, state, final, error_code, done_at
from chosen
returning campaign_id, ordinal;

-- settle_by_silence --
-- Where a connector's receipts are complete, or its messages go at least once: no receipt for so long proves, or is taken
-- to prove, that an attempt in doubt was not accepted. Silence counts only while this worker could hear: since its
-- session stands, and since the last other one ended, whose receipts may come again then; only as far as the matcher has
-- looked, which any open transaction holds back; only as far as every worker has stored what it heard; and nothing from
-- this recipient may still wait to be matched.
with looked as materialized (
    select least(
        (select until from dispatch.receipts_looked_at),
        (select min(stored_until) from dispatch.epoch where ended_at is null)
    ) as until
),

listening as (
    select heard.connector_id, greatest(heard.since, (select max(ended_at) from dispatch.epoch)) as since,
        greatest(connector.in_doubt_after, coalesce((connector.settings ->> 'unmatched_after')::numeric, 60)) as seconds
    from unnest(%(connectors)s::integer[], %(since)s::timestamptz[]) as heard (connector_id, since)
    join dispatch.connector using (connector_id)
    where (connector.receipts_complete or connector.in_doubt_policy = 'at_least_once')
      and connector.in_doubt_after is not null
)

insert into dispatch.settlement (account_id, campaign_id, ordinal, segment, attempt, state, proof)
select
    doubt.account_id, doubt.campaign_id, doubt.ordinal, doubt.segment, doubt.attempt, 'not_sent', 'silence'
from listening
cross join looked
join dispatch.doubt
    on doubt.connector_id = listening.connector_id
    and doubt.sent_at > now() - interval '40 days'
join dispatch.message
    on message.campaign_id = doubt.campaign_id
    and message.ordinal = doubt.ordinal
where greatest(doubt.sent_at, listening.since) + make_interval(secs => listening.seconds::float8) < looked.until
  and not exists (
    select
    from dispatch.receipt_unmatched
    where receipt_unmatched.connector_id = doubt.connector_id
      and receipt_unmatched.msisdn = message.msisdn
)
on conflict do nothing
returning campaign_id, ordinal;

-- settle_by_time --
-- One hour after its validity an attempt in doubt is given up: unknown, not charged; or, where messages go at least once
-- or the connector's receipts are complete, taken for not sent. Once the matcher has looked at all that came by then.
with looked as materialized (
    select until
    from dispatch.receipts_looked_at
)

insert into dispatch.settlement (account_id, campaign_id, ordinal, segment, attempt, state, proof)
select
    doubt.account_id, doubt.campaign_id, doubt.ordinal, doubt.segment, doubt.attempt,
    (case when connector.in_doubt_policy = 'at_least_once' or connector.receipts_complete then 'not_sent' else 'unknown' end)::dispatch.attempt_state,
    'time_limit'
from looked
cross join dispatch.doubt
join dispatch.connector using (connector_id)
join dispatch.batch
    on batch.campaign_id = doubt.campaign_id
    and doubt.ordinal >= batch.first_ordinal
    and doubt.ordinal < batch.first_ordinal + batch.size
where doubt.sent_at > now() - interval '40 days'
  and batch.expires_at + interval '1 hour' < looked.until
on conflict do nothing
returning campaign_id, ordinal;

-- reopen_batches --
-- What was settled may have to be sent again, or its message's other parts can be given up now: the batches of these
-- messages are planned once more. Where messages go at least once they get their validity anew.
update dispatch.batch
set state = case when batch.state = 'done' then 'ready' else batch.state end,
    again = batch.state = 'leased',
    done_at = null,
    expires_at = case
        when exists (
            select
            from dispatch.submission
            join dispatch.connector using (connector_id)
            where submission.campaign_id = settled.campaign_id
              and submission.ordinal = settled.ordinal
              and submission.state = 'in_doubt'
              and connector.in_doubt_policy = 'at_least_once'
        ) then greatest(batch.expires_at, now() + campaign.validity)
        else batch.expires_at
    end
from unnest(%(campaigns)s::bigint[], %(ordinals)s::integer[]) as settled (campaign_id, ordinal)
join intake.campaign using (campaign_id)
where batch.campaign_id = settled.campaign_id
  and settled.ordinal >= batch.first_ordinal
  and settled.ordinal < batch.first_ordinal + batch.size
  and campaign.state in ('accepted', 'paused', 'cancelled')
returning batch.batch_id;
