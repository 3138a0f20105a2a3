-- One row per account, connector, network and day of the legal entity: what the carrier asks, in its own currency and not rounded.
-- What to hold a carrier's invoice against.

with

costs as (

    select * from {{ ref('int_carrier_costs') }}

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
        costs.per,
        sum(costs.accepted)::bigint as accepted,
        sum(costs.delivered)::bigint as delivered,
        costs.rate,
        costs.currency,
        sum(costs.amount) as amount,
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
        costs.per,
        costs.rate,
        costs.currency,
        costs.network_id,
        costs.account_id

)

select * from final
