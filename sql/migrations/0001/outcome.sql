-- What became of attempts, messages and campaigns: derived from the logs, the same for dispatch, portal and reports.

-- [attempt in doubt] that nothing has settled yet.
create view dispatch.doubt as
select account_id, campaign_id, ordinal, segment, attempt, sent_at, connector_id
from dispatch.submission
where state = 'in_doubt'
  and not exists (
    select
    from dispatch.settlement
    where settlement.campaign_id = submission.campaign_id
      and settlement.ordinal = submission.ordinal
      and settlement.segment = submission.segment
      and settlement.attempt = submission.attempt
);

-- [attempt] with what settled it: accepted is final, whatever was said before.
create view dispatch.attempt as
select
    submission.account_id,
    submission.campaign_id,
    submission.ordinal,
    submission.segment,
    submission.attempt,
    case
        when submission.state <> 'in_doubt' then submission.state
        when settled.accepted then 'accepted'
        when settled.silent then 'not_sent'
        when settled.unknown then 'unknown'
        else 'in_doubt'
    end::dispatch.attempt_state as state,
    submission.transient,
    submission.command_status,
    coalesce(submission.carrier_message_id, settled.carrier_message_id) as carrier_message_id,
    submission.sent_at,
    submission.answered_at,
    submission.epoch_id,
    submission.connector_id,
    submission.reference,
    submission.network_id,
    submission.zone
from dispatch.submission
left join lateral (
    select
        bool_or(settlement.state = 'accepted') as accepted,
        bool_or(settlement.state = 'not_sent') as silent,
        bool_or(settlement.state = 'unknown') as unknown,
        max(settlement.carrier_message_id) as carrier_message_id
    from dispatch.settlement
    where submission.state = 'in_doubt'
      and settlement.campaign_id = submission.campaign_id
      and settlement.ordinal = submission.ordinal
      and settlement.segment = submission.segment
      and settlement.attempt = submission.attempt
) as settled on true;

-- The door `dispatch.submissions` (names and numbers, for the operator's export).
create view dispatch.submissions as
select
    account.name as account,
    attempt.campaign_id as campaign,
    message.line,
    message.msisdn,
    attempt.segment,
    attempt.attempt,
    attempt.state,
    attempt.carrier_message_id,
    attempt.sent_at
from dispatch.attempt
join dispatch.message using (campaign_id, ordinal)
join account.account on account.account_id = attempt.account_id;

-- [campaign that was accepted]: segments by where they stand. Their sum is the campaign's segments.
create view dispatch.campaign_progress as
with

segment as (

    -- the fate of each segment that was tried: its best attempt
    select
        campaign_id,
        ordinal,
        segment,
        bool_or(state = 'accepted') as accepted,
        bool_or(state = 'in_doubt') as in_doubt,
        bool_or(state = 'unknown') as unknown,
        bool_or(state = 'rejected' and not transient) as rejected
    from dispatch.attempt
    group by campaign_id, ordinal, segment

),

tried as (

    select
        campaign_id,
        count(*) filter (where accepted) as accepted,
        count(*) filter (where not accepted and in_doubt) as in_doubt,
        count(*) filter (where not accepted and not in_doubt and unknown) as unknown,
        count(*) filter (where not accepted and not in_doubt and not unknown and rejected) as rejected
    from segment
    group by campaign_id

),

dropped as (

    select campaign_id, sum(segments) as segments
    from dispatch.dropped
    group by campaign_id

),

receipts as (

    select campaign_id, count(distinct (ordinal, segment)) as final
    from dispatch.receipt_match
    where final
    group by campaign_id

)

select
    campaign.account_id,
    campaign.campaign_id,
    campaign.messages,
    campaign.segments,
    coalesce(tried.accepted, 0) as accepted,
    coalesce(tried.in_doubt, 0) as in_doubt,
    coalesce(tried.unknown, 0) as unknown,
    coalesce(tried.rejected, 0) as rejected,
    coalesce(dropped.segments, 0)::bigint as dropped,
    campaign.segments
        - coalesce(tried.accepted, 0) - coalesce(tried.in_doubt, 0) - coalesce(tried.unknown, 0)
        - coalesce(tried.rejected, 0) - coalesce(dropped.segments, 0)::bigint as unsent,
    coalesce(receipts.final, 0) as final_receipts
from intake.campaign
left join tried using (campaign_id)
left join dropped using (campaign_id)
left join receipts using (campaign_id)
where campaign.accepted_at is not null;
comment on view dispatch.campaign_progress is
    'segments = accepted + in_doubt + unknown + rejected + dropped + unsent. Still reserved: unsent + in_doubt.';

-- Who has had so many messages of an account's campaigns (of a class; null: of all) that were queued and begin less than so many
-- days before an instant, or later; what was given up as a whole is not counted (INTAKE, FREQUENCY_CAP).
create function dispatch.frequent_recipients(of_account bigint, of_class text, days integer, messages integer, at timestamptz)
returns table (msisdn bigint)
language sql stable as $$
    select message.msisdn
    from intake.campaign
    join dispatch.message using (campaign_id)
    where campaign.account_id = of_account
      and campaign.accepted_at is not null
      and campaign.eligible_at > frequent_recipients.at - make_interval(days => frequent_recipients.days)
      and (of_class is null or campaign.class = of_class)
      and message.msisdn is not null
      and not exists (
        select
        from dispatch.dropped
        where dropped.campaign_id = message.campaign_id
          and dropped.ordinal = message.ordinal
          and dropped.segments >= message.segments
    )
    group by message.msisdn
    having count(*) >= frequent_recipients.messages
$$;
