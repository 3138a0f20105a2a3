-- One row per account, month, connector, error and outcome class: how many messages failed for it.

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_stale_sums('int_stale_months', ['month']) }}",
    indexes=[{'columns': ['account_id', 'month']}]
) }}

-- depends_on: {{ ref('int_stale_months') }}

with

{{ of_stale_sums('counts', ref('int_hour_outcomes'), ref('int_stale_months'), ['month']) }},

accounts as (

    select * from {{ ref('stg_accounts') }}

),

connectors as (

    select * from {{ ref('stg_connectors') }}

),

errors as (

    select * from {{ ref('outcome_errors') }}

),

final as (

    select
        accounts.account,
        counts.month,
        connectors.connector,
        counts.error,
        coalesce(own_errors.meaning, any_errors.meaning) as meaning,
        counts.outcome,
        sum(counts.messages)::bigint as messages,
        counts.account_id
    from counts
    inner join accounts
        on counts.account_id = accounts.account_id
    left join connectors
        on counts.connector_id = connectors.connector_id
    left join errors as own_errors
        on connectors.connector = own_errors.connector
        and counts.error = own_errors.error_code
    left join errors as any_errors
        on any_errors.connector = '*'
        and counts.error = any_errors.error_code
    where counts.error is not null
    group by
        accounts.account,
        counts.month,
        connectors.connector,
        counts.error,
        coalesce(own_errors.meaning, any_errors.meaning),
        counts.outcome,
        counts.account_id

)

select * from final
