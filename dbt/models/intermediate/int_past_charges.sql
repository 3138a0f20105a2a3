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

    select
        past_usage.account_id,
        past_usage.business_key,
        past_usage.zone,
        past_usage.units,
        past_usage.at as sent_at,
        past_usage.at as charged_at
    from past_usage
    where not exists (
            select 1
            from late_usage
            where late_usage.account_id = past_usage.account_id
                and late_usage.past_usage_id = past_usage.past_usage_id
        )

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

local as (

    select
        dated.*,
        {{ local_day('dated.sent_at', 'accounts.timezone') }} as sent_day,
        {{ local_day('dated.charged_at', 'accounts.timezone') }} as charged_day
    from dated
    inner join accounts
        on dated.account_id = accounts.account_id
    cross join watermark
    where dated.charged_at <= watermark.as_of

),

final as (

    select
        local.account_id,
        local.business_key as message_key,
        local.zone,
        local.units,
        local.sent_at,
        local.charged_at,
        local.sent_day,
        local.charged_day,
        local.charged_at > local.sent_at as is_late,
        terms.scheme
    from local
    inner join terms
        on local.account_id = terms.account_id
        and local.charged_day >= terms.first_day
        and (terms.last_day is null or local.charged_day <= terms.last_day)

)

select * from final
