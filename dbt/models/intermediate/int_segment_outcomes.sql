-- One row per segment that was tried or charged: whether it was accepted, the outcome class of its best receipt (SLA, receipt state to
-- outcome class), and whether it is charged (SLA S14). The outcome is null while it waits for a final receipt; without one 72 h
-- after it was sent it is unknown_no_dlr. Nothing that came after its month was frozen counts.

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_stale() }}",
    post_hook="{% if not is_incremental() %} create index on {{ this }} (sent_at) where is_accepted and outcome is null {% endif %}",
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

    select * from {{ ref('outcome_errors') }}

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
        submissions.sent_at <= campaigns.known_until as is_known,
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
        (array_agg(connector_id order by sent_at, attempt) filter (where is_known and is_accepted))[1] as connector_id,
        bool_or(is_known and is_accepted) as is_accepted,
        bool_or(is_known and is_unknown) as is_unknown,
        bool_or(is_known and is_rejected) as is_rejected,
        bool_or(is_known and is_invalid) as is_invalid,
        bool_or(is_known and is_proven_in_time) as is_chargeable,
        bool_or(is_proven) as is_proven
    from attempts
    group by account_id, campaign_id, ordinal, segment

),

-- delivered is final whatever else is said; else the last final receipt counts
best_receipts as (

    select distinct on (receipts.account_id, receipts.campaign_id, receipts.ordinal, receipts.segment)
        receipts.account_id,
        receipts.campaign_id,
        receipts.ordinal,
        receipts.segment,
        receipts.state,
        receipts.received_at,
        nullif(ltrim(receipts.error_code, '0'), '') as error_code
    from receipts
    inner join campaigns
        on receipts.account_id = campaigns.account_id
        and receipts.campaign_id = campaigns.campaign_id
    where receipts.final
        and receipts.received_at <= campaigns.known_until
    order by
        receipts.account_id,
        receipts.campaign_id,
        receipts.ordinal,
        receipts.segment,
        receipts.state = 2 desc,
        receipts.received_at desc,
        receipts.receipt_id desc

),

explained as (

    select
        tried.*,
        best_receipts.state,
        best_receipts.received_at,
        coalesce(own_errors.class, any_errors.class) as error_class,
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
    left join connectors
        on tried.connector_id = connectors.connector_id
    left join errors as own_errors
        on connectors.connector = own_errors.connector
        and best_receipts.error_code = own_errors.error_code
    left join errors as any_errors
        on any_errors.connector = '*'
        and best_receipts.error_code = any_errors.error_code

),

classed as (

    select
        *,
        case
            when not is_accepted then null
            when state = 2 then 'delivered'
            when state = 3 and is_short_lived then 'customer_expiry'
            when state = 3 and error_class in ('handset_unavailable', 'handset_fault') then 'handset_unavailable'
            when state = 3 then coalesce(error_class, 'unknown_no_dlr')
            when state = 4 and is_cancelled then 'cancelled'
            when state = 4 then 'recipient_invalid'
            when state = 5 then coalesce(error_class, 'network_permanent')
            when state = 7 then 'unknown_no_dlr'
            when state = 8 then coalesce(error_class, 'content_or_sender_blocked')
            when is_overdue then 'unknown_no_dlr'
        end as outcome
    from explained

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
        classed.outcome
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
