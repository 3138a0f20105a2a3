-- One row per message of which this build makes the outcome anew: all of a campaign that has changed, those of which facts were
-- read since the last build that came to its end, and those whose segments have waited 72 hours. Empty where everything is made anew.

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
{% set stale_before = made_before('int_stale_messages') %}

found as (

    {% if outcomes is not none -%}
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
    where campaign_id = any(array(select campaigns.campaign_id from campaigns where campaigns.is_stale))

    union

    select
        waiting.account_id,
        waiting.campaign_id,
        waiting.ordinal
    from {{ outcomes }} as waiting
    inner join campaigns
        on waiting.account_id = campaigns.account_id
        and waiting.campaign_id = campaigns.campaign_id
    where waiting.is_accepted
        and waiting.outcome is null
        and waiting.sent_at + interval '72 hours' <= campaigns.known_until

    {%- if stale_before is not none %}

    union

    select
        stale.account_id,
        stale.campaign_id,
        stale.ordinal
    from {{ stale_before }} as stale
    cross join last_build
    where last_build.is_unfinished
    {%- endif %}
    {%- else -%}
    select
        account_id,
        campaign_id,
        ordinal
    from messages
    where false
    {%- endif %}

),

final as (

    select * from found
    order by campaign_id, ordinal

)

select * from final
