-- One row per account and month of which this build makes sums and marts anew: what a campaign with stale messages counts in now, and
-- what it counted in before. Empty where everything is made anew.

{{ config(pre_hook="{{ seek() }}", indexes=[{'columns': ['account_id', 'month'], 'unique': true}]) }}

with

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

last_build as (

    {{ last_build_failed(source('billing', 'build')) }}

),

{% set sums = made_before('int_campaign_outcomes') %}
{% set found_before = made_before('int_stale_months') %}

-- of a build that failed: what its campaigns counted in before is gone from some models
left_over as (

    {% if found_before is not none %}
        select
            found_before.account_id,
            found_before.month
        from {{ found_before }} as found_before
        cross join last_build
        where last_build.is_unfinished
    {% else %}
        select
            campaigns.account_id,
            campaigns.month
        from campaigns
        cross join last_build
        where false
    {% endif %}

),

stale as (

    select distinct campaign_id
    from {{ ref('int_stale_messages') }}

),

found as (

    select
        campaigns.account_id,
        campaigns.month
    from campaigns
    inner join stale
        on campaigns.campaign_id = stale.campaign_id

    {% if sums is not none %}
        union

        select
            account_id,
            month
        from {{ sums }}
        where campaign_id = any(array(
                select stale.campaign_id
                from stale
            ))
    {% endif %}

    union

    select
        account_id,
        month
    from left_over

),

final as (

    select
        account_id,
        month
    from found
    where {{ 'true' if sums is not none else 'false' }}

)

select * from final
