-- One row per record of the loaded past that is charged; charged_at as in charges (CHARGING 1, 16).

{{ config(
    materialized='incremental',
    incremental_strategy='renew',
    meta={'renewed_by': 'charged_at'},
    indexes=[{'columns': ['account_id', 'message_key'], 'unique': true}, {'columns': ['account_id', 'charged_at']}],
    pre_hook="{{ by_index() }}"
) }}

with

past_usage as (

    {{ stale_rows(ref('stg_past_usage'), 'at') | indent(4) }}

),

late_usage as (

    {{ stale_rows(ref('int_late_usage'), 'charged_at') | indent(4) }}

),

records as (

    select * from {{ ref('stg_past_usage') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

terms as (

    select * from {{ ref('stg_terms') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

dated as (

    {{ charged_in_time(
        'past_usage', key=['past_usage_id'], columns=['business_key', 'zone', 'units'], sent_at='at'
    ) | indent(4) }}

    union all

    select
        late_usage.account_id,
        record.business_key,
        late_usage.zone,
        record.units,
        late_usage.sent_at,
        late_usage.charged_at
    from late_usage
    cross join lateral (
        select records.*
        from records
        where records.account_id = late_usage.account_id
            and records.past_usage_id = late_usage.past_usage_id
        limit 1
    ) as record

),

charged as (

    select dated.*
    from dated
    cross join watermark
    where dated.charged_at <= watermark.as_of

),

local as (

    {{ on_local_days('charged') | indent(4) }}

),

final as (

    select
        account_id,
        business_key as message_key,
        zone,
        units,
        sent_at,
        charged_at,
        sent_day,
        charged_day,
        is_late,
        scheme
    from local

)

select * from final
