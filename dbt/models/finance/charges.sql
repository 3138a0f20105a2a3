-- One row per segment that is charged: the accepted attempt with the earliest sent_at (CHARGING 1).
-- A second accepted attempt of the same segment is a defect that S12 counts, never a second charge.

{{ config(indexes=[{'columns': ['account_id', 'sent_at']}, {'columns': ['campaign', 'ordinal']}]) }}

with

usage as (

    select *
    from {{ ref('int_usage') }}
    where not is_history

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

final as (

    select
        accounts.account,
        usage.campaign_id as campaign,
        usage.segment,
        usage.sent_at,
        usage.zone,
        usage.account_id,
        usage.ordinal,
        usage.attempt,
        usage.charged_at,
        usage.sent_day,
        usage.is_late,
        usage.scheme
    from usage
    inner join accounts
        on usage.account_id = accounts.account_id

)

select * from final
