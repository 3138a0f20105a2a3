-- One row per account, month and bind group that carried traffic of it, which is a connector: its minutes, those in which no session
-- had an answer, and those of announced maintenance (SLA S1).

{{ config(indexes=[{'columns': ['account_id', 'month']}]) }}

with

counts as (

    select * from {{ ref('int_month_outcomes') }}

),

connector_months as (

    select * from {{ ref('int_connector_months') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

connectors as (

    select * from {{ ref('stg_connectors') }}

),

used as (

    select distinct
        account_id,
        month,
        connector_id
    from counts
    where connector_id is not null

),

final as (

    select
        accounts.account,
        used.month,
        connectors.connector as bind_group,
        connector_months.minutes::bigint as minutes,
        connector_months.missed::bigint as missed,
        connector_months.announced::bigint as announced,
        connector_months.missed_announced::bigint as missed_announced,
        used.account_id
    from used
    inner join accounts
        on used.account_id = accounts.account_id
    inner join connector_months
        on used.connector_id = connector_months.connector_id
        and used.month = connector_months.month
        and accounts.timezone = connector_months.timezone
    inner join connectors
        on used.connector_id = connectors.connector_id

)

select * from final
