-- One row per account, month, network, connector, outcome of a message and reason for giving segments up: the sums of
-- int_hour_outcomes, made anew for the months that this build has news of.

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_stale_sums('int_stale_months', ['month']) }}",
    indexes=[{'columns': ['account_id', 'month']}]
) }}

-- depends_on: {{ ref('int_stale_months') }}

with

{{ of_stale_sums('counts', ref('int_hour_outcomes'), ref('int_stale_months'), ['month']) }},

final as (

    select
        account_id,
        month,
        network_id,
        connector_id,
        outcome,
        drop_reason,
        {{ summed_counts() }}
    from counts
    group by account_id, month, network_id, connector_id, outcome, drop_reason

)

select * from final
