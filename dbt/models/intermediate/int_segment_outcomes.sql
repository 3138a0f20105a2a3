-- One row per segment that was tried or charged: whether it was accepted, when it was answered (SLA S4), how often (S12), the outcome
-- class of its best receipt (SLA, receipt state to outcome class), what its receipts tell (S9-S11), and whether it is charged (S14).
-- The outcome is null while it waits for a final receipt; without one 72 h after it was sent it is unknown_no_dlr, or platform_fault
-- where no session could have brought one. Nothing that came after its month was frozen counts.

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_stale() }}",
    post_hook=[
        "{% if not is_incremental() %} create index on {{ this }} (sent_at) where is_accepted and outcome is null {% endif %}",
        "{% if not is_incremental() %} create index on {{ this }} (sent_at) where is_accepted and outcome is not null and received_at is null {% endif %}"
    ],
    indexes=[{'columns': ['campaign_id', 'ordinal', 'segment'], 'unique': true}]
) }}

-- depends_on: {{ ref('int_stale_messages') }}

with

{{ of_stale_messages('submissions', ref('stg_submissions')) }},

{{ of_stale_messages('settlements', ref('stg_settlements')) }},

{{ of_stale_messages('receipts', ref('stg_receipts')) }},

{{ of_stale_messages('charges', ref('charges'), campaign='campaign') }},

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

connectors as (

    select * from {{ ref('stg_connectors') }}

),

errors as (

    select * from {{ ref('stg_error_maps') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

contracted_rates as (

    select * from {{ ref('stg_contracted_rates') }}

),

frozen_maps as (

    select distinct month
    from errors
    where month <> 'current'

),

session_hours as (

    select * from {{ ref('session_hours') }}

),

settled as (

    select
        settlements.account_id,
        settlements.campaign_id,
        settlements.ordinal,
        settlements.segment,
        settlements.attempt,
        bool_or(settlements.state = 'accepted') as is_proven,
        coalesce(min(settlements.settled_at) filter (where settlements.state = 'accepted') <= campaigns.frozen_at, false)
            as is_proven_in_time,
        bool_or(settlements.state = 'accepted' and settlements.settled_at <= campaigns.known_until) as is_accepted,
        bool_or(settlements.state = 'unknown' and settlements.settled_at <= campaigns.known_until) as is_unknown
    from settlements
    inner join campaigns
        on settlements.account_id = campaigns.account_id
        and settlements.campaign_id = campaigns.campaign_id
    group by
        settlements.account_id,
        settlements.campaign_id,
        settlements.ordinal,
        settlements.segment,
        settlements.attempt,
        campaigns.frozen_at

),

-- refused for what its sender wrote: source, destination or length (SMPP 3.4, 5.1.3)
attempts as (

    select
        submissions.account_id,
        submissions.campaign_id,
        submissions.ordinal,
        submissions.segment,
        submissions.attempt,
        submissions.connector_id,
        submissions.sent_at,
        submissions.command_status,
        submissions.sent_at <= campaigns.known_until as is_known,
        submissions.state <> 'not_sent' as is_written,
        case
            when submissions.answered_at <= campaigns.known_until and not submissions.transient then submissions.answered_at
        end as answered_at,
        submissions.state = 'accepted' or coalesce(settled.is_accepted, false) as is_accepted,
        coalesce(settled.is_unknown, false) as is_unknown,
        submissions.state = 'rejected' and not submissions.transient as is_rejected,
        submissions.state = 'rejected'
        and not submissions.transient
        and submissions.command_status in (1, 10, 11, 72, 73, 80, 81) as is_invalid,
        submissions.state = 'accepted' or (submissions.state = 'in_doubt' and coalesce(settled.is_proven, false)) as is_proven,
        submissions.state = 'accepted' or (submissions.state = 'in_doubt' and coalesce(settled.is_proven_in_time, false))
            as is_proven_in_time
    from submissions
    inner join campaigns
        on submissions.account_id = campaigns.account_id
        and submissions.campaign_id = campaigns.campaign_id
    left join settled
        on submissions.account_id = settled.account_id
        and submissions.campaign_id = settled.campaign_id
        and submissions.ordinal = settled.ordinal
        and submissions.segment = settled.segment
        and submissions.attempt = settled.attempt

),

tried as (

    select
        account_id,
        campaign_id,
        ordinal,
        segment,
        min(sent_at) filter (where is_known) as first_sent_at,
        min(sent_at) filter (where is_known and is_accepted) as sent_at,
        (array_agg(connector_id order by is_accepted desc, sent_at, attempt) filter (where is_known))[1] as connector_id,
        min(sent_at) filter (where is_known and is_written) as began_at,
        max(sent_at) filter (where is_known and is_written) as ended_at,
        min(answered_at) filter (where is_known) as answered_at,
        count(*) filter (where is_known and is_accepted) as times_accepted,
        (array_agg(command_status order by sent_at desc, attempt desc) filter (where is_known and is_rejected))[1] as refusal,
        bool_or(is_known and is_accepted) as is_accepted,
        bool_or(is_known and is_unknown) as is_unknown,
        bool_or(is_known and is_rejected) as is_rejected,
        bool_or(is_known and is_invalid) as is_invalid,
        bool_or(is_known and is_proven_in_time) as is_chargeable,
        bool_or(is_proven) as is_proven
    from attempts
    group by account_id, campaign_id, ordinal, segment

),

-- what was known, by the error map of its time: that of a frozen month stays as it was
heard as (

    select
        receipts.account_id,
        receipts.campaign_id,
        receipts.ordinal,
        receipts.segment,
        receipts.receipt_id,
        receipts.state,
        receipts.final,
        receipts.received_at,
        receipts.received_at + interval '60 seconds' >= receipts.matched_at as is_relayed,
        -- a done date has whole minutes and is the carrier's word: taken where the receipt itself came late (SLA)
        case
            when receipts.received_at - receipts.done_at > interval '2 minutes' then receipts.done_at else receipts.received_at
        end as told_of_at,
        nullif(ltrim(receipts.error_code, '0'), '') as error_code,
        coalesce(own_errors.class, any_errors.class) as error_class
    from receipts
    inner join campaigns
        on receipts.account_id = campaigns.account_id
        and receipts.campaign_id = campaigns.campaign_id
    inner join tried
        on receipts.account_id = tried.account_id
        and receipts.campaign_id = tried.campaign_id
        and receipts.ordinal = tried.ordinal
        and receipts.segment = tried.segment
    left join frozen_maps
        on campaigns.month = frozen_maps.month
    left join connectors
        on tried.connector_id = connectors.connector_id
    left join errors as own_errors
        on connectors.connector = own_errors.connector
        and nullif(ltrim(receipts.error_code, '0'), '') = own_errors.error_code
        and coalesce(frozen_maps.month, 'current') = own_errors.month
    left join errors as any_errors
        on any_errors.connector = '*'
        and nullif(ltrim(receipts.error_code, '0'), '') = any_errors.error_code
        and coalesce(frozen_maps.month, 'current') = any_errors.month
    where receipts.received_at <= campaigns.known_until
        and tried.first_sent_at is not null

),

-- delivered is final whatever else is said; else the last final receipt counts
best_receipts as (

    select distinct on (account_id, campaign_id, ordinal, segment) *
    from heard
    where final
    order by
        account_id,
        campaign_id,
        ordinal,
        segment,
        state = 2 desc,
        received_at desc,
        receipt_id desc

),

told as (

    select
        account_id,
        campaign_id,
        ordinal,
        segment,
        count(*) as receipts,
        count(*) filter (where is_relayed) as relayed,
        min(received_at) filter (where final) as completed_at,
        bool_or(not final and error_class = 'handset_unavailable') as was_unavailable
    from heard
    group by account_id, campaign_id, ordinal, segment

),

first_hours as (

    select
        connector_id,
        min(hour) as first_hour
    from session_hours
    group by connector_id

),

explained as (

    select
        tried.*,
        best_receipts.state,
        best_receipts.received_at,
        best_receipts.told_of_at,
        best_receipts.error_code,
        best_receipts.error_class,
        coalesce(told.receipts, 0) as receipts,
        coalesce(told.relayed, 0) as relayed,
        told.completed_at,
        coalesce(told.was_unavailable, false) as was_unavailable,
        campaigns.validity < interval '1 hour' as is_short_lived,
        campaigns.is_cancelled,
        tried.sent_at + interval '72 hours' <= campaigns.known_until as is_overdue
    from tried
    inner join campaigns
        on tried.account_id = campaigns.account_id
        and tried.campaign_id = campaigns.campaign_id
    left join best_receipts
        on tried.account_id = best_receipts.account_id
        and tried.campaign_id = best_receipts.campaign_id
        and tried.ordinal = best_receipts.ordinal
        and tried.segment = best_receipts.segment
        and tried.is_accepted
    left join told
        on tried.account_id = told.account_id
        and tried.campaign_id = told.campaign_id
        and tried.ordinal = told.ordinal
        and tried.segment = told.segment

),

-- the hour before the 72 hours end is the last part of one hour of the clock and the first of the next
overdue as (

    select
        explained.account_id,
        explained.campaign_id,
        explained.ordinal,
        explained.segment,
        coalesce({{ answered_minutes('next_hour.answered', 0, 'end_minute') }}, 0)
        + coalesce({{ answered_minutes('last_hour.answered', 'end_minute', 60) }}, 0) = 0 as was_deaf
    from (
        select
            account_id,
            campaign_id,
            ordinal,
            segment,
            connector_id,
            sent_at,
            date_trunc('hour', sent_at, 'UTC') + interval '72 hours' as end_hour,
            extract(minute from sent_at at time zone 'UTC')::integer as end_minute
        from explained
        where is_accepted
            and is_overdue
            and state is null
    ) as explained
    inner join first_hours
        on explained.connector_id = first_hours.connector_id
        and explained.sent_at >= first_hours.first_hour
    left join session_hours as last_hour
        on explained.connector_id = last_hour.connector_id
        and explained.end_hour - interval '1 hour' = last_hour.hour
    left join session_hours as next_hour
        on explained.connector_id = next_hour.connector_id
        and explained.end_hour = next_hour.hour

),

-- who was throttled had sent more than its contracted rate in the second up to then, or it is our fault (SLA, err means)
throttled as (

    select
        explained.account_id,
        explained.campaign_id,
        explained.ordinal,
        explained.segment,
        coalesce(sent.segments > contracted_rates.rate, false) as is_overrate
    from explained
    inner join accounts
        on explained.account_id = accounts.account_id
    left join contracted_rates
        on explained.account_id = contracted_rates.account_id
        and {{ local_day('explained.sent_at', 'accounts.timezone') }} >= contracted_rates.effective_from
        and (
            contracted_rates.effective_to is null
            or {{ local_day('explained.sent_at', 'accounts.timezone') }} < contracted_rates.effective_to
        )
    cross join lateral (
        select count(*) as segments
        from {{ ref('stg_submissions') }} as beside
        where beside.account_id = explained.account_id
            and beside.sent_at > explained.sent_at - interval '1 second'
            and beside.sent_at <= explained.sent_at
            and beside.state <> 'not_sent'
    ) as sent
    where explained.is_accepted
        and explained.error_class = 'throttled'

),

judged as (

    select
        explained.*,
        case
            when explained.error_class <> 'throttled' then explained.error_class
            when throttled.is_overrate then 'customer_overrate'
            when explained.error_class = 'throttled' then 'platform_fault'
        end as meaning
    from explained
    left join throttled
        on explained.account_id = throttled.account_id
        and explained.campaign_id = throttled.campaign_id
        and explained.ordinal = throttled.ordinal
        and explained.segment = throttled.segment

),

classed as (

    select
        explained.*,
        case
            when not is_accepted then null
            when state = 2 then 'delivered'
            when state = 3 and is_short_lived then 'customer_expiry'
            when state = 3 and meaning in ('handset_unavailable', 'handset_fault') then 'handset_unavailable'
            when state = 3 then coalesce(meaning, 'unknown_no_dlr')
            when state = 4 and is_cancelled then 'cancelled'
            when state = 4 then 'recipient_invalid'
            when state = 5 then coalesce(meaning, 'network_permanent')
            when state = 7 then 'unknown_no_dlr'
            when state = 8 then coalesce(meaning, 'content_or_sender_blocked')
            when is_overdue and coalesce(overdue.was_deaf, false) then 'platform_fault'
            when is_overdue then 'unknown_no_dlr'
        end as outcome
    from judged as explained
    left join overdue
        on explained.account_id = overdue.account_id
        and explained.campaign_id = overdue.campaign_id
        and explained.ordinal = overdue.ordinal
        and explained.segment = overdue.segment

),

-- a charge counts with its proof: one that came after the month was frozen is not known here, one without any is a wrong charge
final as (

    select
        coalesce(classed.account_id, charges.account_id) as account_id,
        coalesce(classed.campaign_id, charges.campaign) as campaign_id,
        coalesce(classed.ordinal, charges.ordinal) as ordinal,
        coalesce(classed.segment, charges.segment)::smallint as segment,
        classed.first_sent_at,
        classed.sent_at,
        coalesce(classed.is_accepted, false) as is_accepted,
        coalesce(classed.is_unknown, false) as is_unknown,
        coalesce(classed.is_rejected, false) as is_rejected,
        coalesce(classed.is_invalid, false) as is_invalid,
        coalesce(classed.is_chargeable, false) as is_chargeable,
        charges.account_id is not null
        and (coalesce(classed.is_chargeable, false) or not coalesce(classed.is_proven, false)) as is_charged,
        classed.received_at,
        classed.outcome,
        classed.connector_id,
        classed.began_at,
        classed.ended_at,
        classed.answered_at,
        greatest(coalesce(classed.times_accepted, 0) - 1, 0)::integer as duplicates,
        coalesce(classed.receipts, 0)::integer as receipts,
        coalesce(classed.relayed, 0)::integer as relayed,
        coalesce(classed.is_accepted and (classed.is_overdue or classed.completed_at is not null), false) as is_awaited,
        coalesce(classed.is_accepted and classed.completed_at <= classed.sent_at + interval '72 hours', false) as is_complete,
        coalesce(classed.was_unavailable, false) as was_unavailable,
        case when classed.outcome = 'delivered' then classed.told_of_at - classed.sent_at end as latency,
        case
            when classed.is_accepted and classed.outcome <> 'delivered' then classed.error_code
            when not classed.is_accepted and classed.is_rejected then 'status 0x' || lpad(to_hex(classed.refusal), 8, '0')
        end as error
    from classed
    full join charges
        on classed.account_id = charges.account_id
        and classed.campaign_id = charges.campaign
        and classed.ordinal = charges.ordinal
        and classed.segment = charges.segment
    where classed.first_sent_at is not null
        or charges.account_id is not null

)

select * from final
