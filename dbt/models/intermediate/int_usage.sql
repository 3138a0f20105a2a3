-- One row per segment that is charged, or per record of the loaded past (CHARGING 1).
-- charged_at is sent_at, but for what came after its month was closed: the start of the first period open then (CHARGING 16).

{{ config(materialized='view') }}

with

charges as (

    select * from {{ ref('charges') }}

),

past_charges as (

    select * from {{ ref('int_past_charges') }}

),

final as (

    select
        account_id,
        campaign || ':' || ordinal as message_key,
        segment,
        campaign || ':' || ordinal || ':' || segment as usage_key,
        zone,
        1::bigint as units,
        false as is_history,
        sent_at,
        charged_at,
        sent_day,
        charged_day,
        is_late,
        scheme
    from charges

    union all

    select
        account_id,
        message_key,
        0 as segment,
        message_key as usage_key,
        zone,
        units,
        true as is_history,
        sent_at,
        charged_at,
        sent_day,
        charged_day,
        is_late,
        scheme
    from past_charges

)

select * from final
