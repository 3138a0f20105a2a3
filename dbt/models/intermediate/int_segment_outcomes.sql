-- One row per accepted segment: the outcome class of its best receipt (SLA, receipt state to outcome class).
-- Null while it waits for a final receipt; without one 72 h after it was sent it is unknown_no_dlr.

with

attempts as (

    select * from {{ ref('int_attempts_accepted') }}

),

receipts as (

    select * from {{ ref('stg_receipts') }}

),

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

connectors as (

    select * from {{ ref('stg_connectors') }}

),

errors as (

    select * from {{ ref('outcome_errors') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

segments as (

    select distinct on (account_id, campaign_id, ordinal, segment)
        account_id,
        campaign_id,
        ordinal,
        segment,
        connector_id,
        sent_at
    from attempts
    order by account_id, campaign_id, ordinal, segment, sent_at, attempt

),

-- delivered is final whatever else is said; else the last final receipt counts. What comes after the month is frozen does not.
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
    cross join watermark
    where receipts.final
        and receipts.received_at <= least(watermark.as_of, campaigns.frozen_at)
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
        segments.account_id,
        segments.campaign_id,
        segments.ordinal,
        segments.segment,
        segments.sent_at,
        best_receipts.state,
        best_receipts.received_at,
        coalesce(own_errors.class, any_errors.class) as error_class,
        campaigns.validity < interval '1 hour' as is_short_lived,
        campaigns.state = 'cancelled' as is_cancelled,
        segments.sent_at + interval '72 hours' <= watermark.as_of as is_overdue
    from segments
    cross join watermark
    inner join campaigns
        on segments.account_id = campaigns.account_id
        and segments.campaign_id = campaigns.campaign_id
    left join best_receipts
        on segments.account_id = best_receipts.account_id
        and segments.campaign_id = best_receipts.campaign_id
        and segments.ordinal = best_receipts.ordinal
        and segments.segment = best_receipts.segment
    left join connectors
        on segments.connector_id = connectors.connector_id
    left join errors as own_errors
        on connectors.connector = own_errors.connector
        and best_receipts.error_code = own_errors.error_code
    left join errors as any_errors
        on any_errors.connector = '*'
        and best_receipts.error_code = any_errors.error_code

),

final as (

    select
        account_id,
        campaign_id,
        ordinal,
        segment,
        sent_at,
        received_at,
        case
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

)

select * from final
