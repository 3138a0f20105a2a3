-- One row per campaign, network, connector, hour of first sending, outcome of a message, its error and its reason for giving segments
-- up: how many messages and segments. SLA figures are summed from these; the messages behind a row are those of int_segment_fates with
-- the same values.

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_stale(by_message=false) }}",
    indexes=[{'columns': ['campaign_id']}, {'columns': ['account_id', 'hour']}]
) }}

-- depends_on: {{ ref('int_stale_messages') }}
-- depends_on: {{ ref('int_hours_before') }}

with

fates as (

    select *
    from {{ ref('int_segment_fates') }}
    {% if is_incremental() %}
        where campaign_id = any(array(select distinct stale.campaign_id from {{ ref('int_stale_messages') }} as stale))
    {% endif %}

),

final as (

    select
        account_id,
        month,
        campaign_id,
        network_id,
        connector_id,
        hour,
        outcome,
        error,
        drop_reason,
        min(began_at) as began_at,
        max(ended_at) as ended_at,
        sum(segments) as segments,
        count(*) as messages,
        count(*) filter (where accepted > 0) as submitted,
        sum(accepted) as accepted,
        sum(unknown) as unknown,
        sum(rejected) as rejected,
        sum(invalid) as invalid,
        sum(dropped) as dropped,
        coalesce(sum(dropped) filter (where invalid > 0), 0) as dropped_beside_invalid,
        sum(pending) as pending,
        sum(chargeable) as chargeable,
        sum(mischarged) as mischarged,
        {{ sla_counts() }}
    from fates
    group by account_id, month, campaign_id, network_id, connector_id, hour, outcome, error, drop_reason

)

select * from final
