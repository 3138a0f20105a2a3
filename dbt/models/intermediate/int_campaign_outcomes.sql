-- One row per campaign, outcome of a message and reason for giving segments up: how many messages and segments. SLA figures are summed
-- from these; the messages behind a row are those of int_segment_fates with the same three.

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_stale(by_message=false) }}",
    indexes=[{'columns': ['campaign_id']}]
) }}

-- depends_on: {{ ref('int_stale_messages') }}

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
        outcome,
        drop_reason,
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
        sum(mischarged) as mischarged
    from fates
    group by account_id, month, campaign_id, outcome, drop_reason

)

select * from final
