-- One row per campaign, connector, network, zone, local days of submission and of charging, and day of cost: how many attempts the
-- carrier accepted, how many of them are charged, delivered, and on its statement where one is of their time. charged_day and scheme
-- are null for an attempt that is not charged: a second one of its segment. left_out: what the build's instant does not count yet.

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='campaign_id',
    indexes=[{'columns': ['campaign_id']}],
    pre_hook="{% if is_incremental() %}set local enable_seqscan = off{% endif %}"
) }}

with

{{ changed_campaigns_cte(this) }}

attempts as (

    {{ of_changed_campaigns(ref('int_attempts_accepted')) }}

),

charges as (

    {{ of_changed_campaigns(ref('charges'), 'campaign') }}

),

receipts as (

    {{ of_changed_campaigns(ref('stg_receipts')) }}

),

lines as (

    {{ of_changed_campaigns(ref('stg_statement_lines')) }}

),

statements as (

    select * from {{ ref('stg_statements') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

legal_entities as (

    select * from {{ ref('stg_legal_entities') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

delivered as (

    select
        account_id,
        campaign_id,
        ordinal,
        segment,
        attempt,
        min(received_at) as delivered_at
    from receipts
    where final
        and state = 2
    group by account_id, campaign_id, ordinal, segment, attempt

),

stated as (

    select distinct
        campaign_id,
        ordinal,
        segment,
        attempt
    from lines
    where not is_other

),

told as (

    select
        connector_id,
        range_agg(tstzrange(since, until)) as times
    from statements
    where since is not null
    group by connector_id

),

judged as (

    select
        attempts.account_id,
        attempts.campaign_id,
        attempts.connector_id,
        attempts.network_id,
        attempts.zone,
        attempts.sent_at,
        charges.charged_at,
        charges.scheme,
        delivered.delivered_at,
        {{ local_day('attempts.sent_at', 'accounts.timezone') }} as sent_day,
        {{ local_day('charges.charged_at', 'accounts.timezone') }} as charged_day,
        {{ local_day('attempts.sent_at', 'legal_entities.timezone') }} as cost_day,
        legal_entities.timezone as cost_timezone,
        attempts.sent_at <= watermark.as_of as is_sent,
        coalesce(delivered.delivered_at <= watermark.as_of, false) as is_delivered,
        coalesce(told.times @> attempts.sent_at, false) as is_told,
        stated.campaign_id is not null as is_stated
    from attempts
    inner join accounts
        on attempts.account_id = accounts.account_id
    inner join legal_entities
        on accounts.legal_entity_id = legal_entities.legal_entity_id
    cross join watermark
    left join charges
        on attempts.account_id = charges.account_id
        and attempts.campaign_id = charges.campaign
        and attempts.ordinal = charges.ordinal
        and attempts.segment = charges.segment
        and attempts.attempt = charges.attempt
    left join delivered
        on attempts.account_id = delivered.account_id
        and attempts.campaign_id = delivered.campaign_id
        and attempts.ordinal = delivered.ordinal
        and attempts.segment = delivered.segment
        and attempts.attempt = delivered.attempt
    left join told
        on attempts.connector_id = told.connector_id
    left join stated
        on attempts.campaign_id = stated.campaign_id
        and attempts.ordinal = stated.ordinal
        and attempts.segment = stated.segment
        and attempts.attempt = stated.attempt

),

final as (

    select
        account_id,
        campaign_id,
        connector_id,
        network_id,
        zone,
        sent_day,
        charged_day,
        cost_day,
        cost_timezone,
        scheme,
        count(*) filter (where is_sent) as accepted,
        count(*) filter (where is_sent and charged_day is not null) as charged,
        count(*) filter (where is_sent and is_delivered) as delivered,
        count(*) filter (where is_sent and is_told) as told,
        count(*) filter (where is_sent and is_told and charged_day is not null) as told_charged,
        count(*) filter (where is_sent and is_told and is_stated) as stated,
        count(*) filter (
            where not is_sent or charged_day is null or (delivered_at is not null and not is_delivered)
        ) as left_out,
        max(greatest(
            case when is_sent then sent_at end, charged_at, case when is_delivered then delivered_at end
        )) as last_at
    from judged
    group by
        account_id,
        campaign_id,
        connector_id,
        network_id,
        zone,
        sent_day,
        charged_day,
        cost_day,
        cost_timezone,
        scheme

)

select * from final
