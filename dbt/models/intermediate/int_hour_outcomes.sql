-- One row per account, month, hour of first sending, network, connector, outcome of a message, its error and its reason for giving
-- segments up: the sums of int_campaign_outcomes over campaigns, made anew for the hours that this build has news of.

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook=["{{ seek() if is_incremental() }}", "{{ forget_stale_sums('int_stale_hours', ['month', 'hour']) }}"],
    indexes=[{'columns': ['account_id', 'month', 'hour']}]
) }}

-- depends_on: {{ ref('int_stale_hours') }}

with

{{ of_stale_sums('counts', ref('int_campaign_outcomes'), ref('int_stale_hours'), ['month', 'hour']) }},

final as (

    select
        account_id,
        month,
        hour,
        network_id,
        connector_id,
        outcome,
        error,
        drop_reason,
        {{ summed_counts() }}
    from counts
    group by account_id, month, hour, network_id, connector_id, outcome, error, drop_reason

)

select * from final
