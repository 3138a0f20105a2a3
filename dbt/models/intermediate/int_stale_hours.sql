-- One row per account, month and hour of which this build makes sums anew: where campaigns with stale messages are, and where they were.

{{ config(pre_hook="{{ seek() }}", indexes=[{'columns': ['account_id', 'hour', 'month'], 'unique': true}]) }}

with

hours_before as (

    select * from {{ ref('int_hours_before') }}

),

stale_messages as (

    select * from {{ ref('int_stale_messages') }}

),

counts as (

    select * from {{ ref('int_campaign_outcomes') }}

),

final as (

    select
        account_id,
        month,
        hour
    from hours_before

    union

    select
        account_id,
        month,
        hour
    from counts
    where campaign_id = any(array(
            select distinct stale_messages.campaign_id
            from stale_messages
        ))

)

select * from final
