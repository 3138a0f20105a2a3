-- One row per message of an accepted campaign: how many of its segments were accepted, and why the others were not (SLA S3).

with

messages as (

    select * from {{ ref('stg_messages') }}

),

submissions as (

    select * from {{ ref('stg_submissions') }}

),

settlements as (

    select * from {{ ref('stg_settlements') }}

),

dropped as (

    select * from {{ ref('stg_dropped') }}

),

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

settled as (

    select
        settlements.account_id,
        settlements.campaign_id,
        settlements.ordinal,
        settlements.segment,
        settlements.attempt,
        bool_or(settlements.state = 'accepted') as is_accepted,
        bool_or(settlements.state = 'unknown') as is_unknown
    from settlements
    inner join campaigns
        on settlements.account_id = campaigns.account_id
        and settlements.campaign_id = campaigns.campaign_id
    cross join watermark
    where settlements.settled_at <= least(watermark.as_of, campaigns.frozen_at)
    group by
        settlements.account_id,
        settlements.campaign_id,
        settlements.ordinal,
        settlements.segment,
        settlements.attempt

),

-- refused for what its sender wrote: source, destination or length (SMPP 3.4, 5.1.3)
segments as (

    select
        submissions.account_id,
        submissions.campaign_id,
        submissions.ordinal,
        submissions.segment,
        min(submissions.sent_at) as first_sent_at,
        bool_or(submissions.state = 'accepted' or coalesce(settled.is_accepted, false)) as is_accepted,
        bool_or(coalesce(settled.is_unknown, false)) as is_unknown,
        bool_or(submissions.state = 'rejected' and not submissions.transient) as is_rejected,
        bool_or(
            submissions.state = 'rejected'
            and not submissions.transient
            and submissions.command_status in (1, 10, 11, 72, 73, 80, 81)
        ) as is_invalid
    from submissions
    cross join watermark
    left join settled
        on submissions.account_id = settled.account_id
        and submissions.campaign_id = settled.campaign_id
        and submissions.ordinal = settled.ordinal
        and submissions.segment = settled.segment
        and submissions.attempt = settled.attempt
    where submissions.sent_at <= watermark.as_of
    group by submissions.account_id, submissions.campaign_id, submissions.ordinal, submissions.segment

),

tried as (

    select
        account_id,
        campaign_id,
        ordinal,
        min(first_sent_at) as first_sent_at,
        count(*) filter (where is_accepted) as accepted,
        count(*) filter (where not is_accepted and is_unknown) as unknown,
        count(*) filter (where not is_accepted and not is_unknown and is_rejected and not is_invalid) as rejected,
        count(*) filter (where not is_accepted and not is_unknown and is_invalid) as invalid
    from segments
    group by account_id, campaign_id, ordinal

),

given_up as (

    select dropped.*
    from dropped
    cross join watermark
    where dropped.at <= watermark.as_of

),

final as (

    select
        messages.account_id,
        messages.campaign_id,
        messages.ordinal,
        messages.network_id,
        messages.segments::integer as segments,
        campaigns.month,
        campaigns.eligible_at,
        tried.first_sent_at,
        coalesce(tried.accepted, 0)::integer as accepted,
        coalesce(tried.unknown, 0)::integer as unknown,
        coalesce(tried.rejected, 0)::integer as rejected,
        coalesce(tried.invalid, 0)::integer as invalid,
        coalesce(given_up.segments, 0)::integer as dropped,
        given_up.reason as drop_reason,
        greatest(
            messages.segments - coalesce(tried.accepted, 0) - coalesce(tried.unknown, 0) - coalesce(tried.rejected, 0)
            - coalesce(tried.invalid, 0) - coalesce(given_up.segments, 0),
            0
        )::integer as pending
    from messages
    inner join campaigns
        on messages.account_id = campaigns.account_id
        and messages.campaign_id = campaigns.campaign_id
    cross join watermark
    left join tried
        on messages.account_id = tried.account_id
        and messages.campaign_id = tried.campaign_id
        and messages.ordinal = tried.ordinal
    left join given_up
        on messages.account_id = given_up.account_id
        and messages.campaign_id = given_up.campaign_id
        and messages.ordinal = given_up.ordinal
    where campaigns.eligible_at <= watermark.as_of

)

select * from final
