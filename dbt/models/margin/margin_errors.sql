-- One row per account, connector, network, day of cost and currency for which a rate is missing: its cost is unknown, never zero.

with

costs as (

    select *
    from {{ ref('int_carrier_costs') }}
    where error is not null

),

connectors as (

    select * from {{ ref('stg_connectors') }}

),

networks as (

    select * from {{ ref('stg_networks') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

final as (

    select
        accounts.account,
        costs.cost_day as day,
        connectors.connector,
        networks.prefix as network,
        networks.operator,
        costs.error,
        case costs.error
            when 'NO_BUY_RATE' then connectors.connector || ' for ' || networks.operator
            else costs.currency || ' into ' || costs.into_currency
        end as subject,
        sum(coalesce(costs.segments, costs.accepted))::bigint as segments,
        costs.network_id,
        costs.account_id
    from costs
    inner join accounts
        on costs.account_id = accounts.account_id
    inner join connectors
        on costs.connector_id = connectors.connector_id
    inner join networks
        on costs.network_id = networks.network_id
    group by
        accounts.account,
        costs.cost_day,
        connectors.connector,
        networks.prefix,
        networks.operator,
        costs.error,
        costs.currency,
        costs.into_currency,
        costs.network_id,
        costs.account_id

)

select * from final
