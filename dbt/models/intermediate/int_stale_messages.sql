-- One row per message of which this build makes the outcome anew: all of a campaign that has changed, those of which facts were
-- read since the last build that came to its end, those whose segments have waited 72 hours, and those whose silence may be explained
-- otherwise by answers of sessions that were logged since. Empty where everything is made anew.

{{ config(pre_hook="{{ seek() }}", indexes=[{'columns': ['campaign_id', 'ordinal'], 'unique': true}]) }}

with

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

messages as (

    select * from {{ ref('stg_messages') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

session_hours as (

    select * from {{ ref('session_hours') }}

),

last_build as (

    {{ last_build_failed(source('billing', 'build')) }}

),

facts as (

    select
        account_id,
        campaign_id,
        ordinal,
        read_below
    from {{ ref('stg_submissions') }}

    union all

    select
        account_id,
        campaign_id,
        ordinal,
        read_below
    from {{ ref('stg_settlements') }}

    union all

    select
        account_id,
        campaign_id,
        ordinal,
        read_below
    from {{ ref('stg_dropped') }}

    union all

    select
        account_id,
        campaign_id,
        ordinal,
        read_below
    from {{ ref('stg_receipts') }}

),

{% set outcomes = made_before('int_segment_outcomes') %}
{% set found_before = made_before('int_stale_messages') %}

waiting as (

    {% if outcomes is not none %}
        select
            account_id,
            campaign_id,
            ordinal,
            sent_at
        from {{ outcomes }}
        where is_accepted
            and outcome is null
    {% else %}
        select
            account_id,
            campaign_id,
            null::integer as ordinal,
            null::timestamptz as sent_at
        from campaigns
        where false
    {% endif %}

),

answers as (

    select
        session_hours.connector_id,
        min(session_hours.hour) as since
    from session_hours
    cross join watermark
    where session_hours.read_below > watermark.horizon_before
    group by session_hours.connector_id

),

silent as (

    {% if outcomes is not none %}
        select
            account_id,
            campaign_id,
            ordinal,
            connector_id
        from {{ outcomes }}
        where is_accepted
            and outcome is not null
            and received_at is null
            and sent_at >= (select min(answers.since) - interval '72 hours' from answers)
    {% else %}
        select
            account_id,
            campaign_id,
            null::integer as ordinal,
            null::integer as connector_id
        from campaigns
        where false
    {% endif %}

),

-- what a build that failed had found stale: some marts have it and others not
left_over as (

    {% if found_before is not none %}
        select found_before.*
        from {{ found_before }} as found_before
        cross join last_build
        where last_build.is_unfinished
    {% else %}
        select
            campaigns.account_id,
            campaigns.campaign_id,
            null::integer as ordinal
        from campaigns
        cross join last_build
        where false
    {% endif %}

),

found as (

    select
        account_id,
        campaign_id,
        ordinal
    from facts
    where read_below > (select horizon_before from watermark)

    union

    select
        account_id,
        campaign_id,
        ordinal
    from messages
    where campaign_id = any(array(
            select campaigns.campaign_id
            from campaigns
            where campaigns.is_stale
        ))

    union

    select
        waiting.account_id,
        waiting.campaign_id,
        waiting.ordinal
    from waiting
    inner join campaigns
        on waiting.account_id = campaigns.account_id
        and waiting.campaign_id = campaigns.campaign_id
    where waiting.sent_at + interval '72 hours' <= campaigns.known_until

    union

    select
        silent.account_id,
        silent.campaign_id,
        silent.ordinal
    from silent
    inner join answers
        on silent.connector_id = answers.connector_id

    union

    select
        account_id,
        campaign_id,
        ordinal
    from left_over

),

final as (

    select
        account_id,
        campaign_id,
        ordinal
    from found
    where {{ 'true' if outcomes is not none else 'false' }}
    order by campaign_id, ordinal

)

select * from final
