-- One row per account, month and hour that a campaign with stale messages has had sums in: what this build is about to take out of them.
-- What builds that failed had found is found again. Empty where everything is made anew.

{{ config(pre_hook="{{ seek() }}") }}

{% set sums = made_before('int_campaign_outcomes') %}
{% set unfinished = [made_before('int_hours_before'), made_before('int_stale_hours')] | reject('none') | list %}

with

stale_messages as (

    select * from {{ ref('int_stale_messages') }}

),

last_build as (

    {{ last_build_failed(source('billing', 'build')) }}

),

nothing as (

    select
        stale_messages.account_id,
        null::text as month,
        null::timestamptz as hour
    from stale_messages
    cross join last_build
    where false

),

final as (

    select * from nothing

    {% if sums is not none %}
        union

        select
            account_id,
            month,
            hour
        from {{ sums }}
        where campaign_id = any(array(
                select distinct stale_messages.campaign_id
                from stale_messages
            ))
    {% endif %}

    {% for found in unfinished %}
        union

        select
            found.account_id,
            found.month,
            found.hour
        from {{ found }} as found
        cross join last_build
        where last_build.is_unfinished
    {% endfor %}

)

select * from final
