-- One row per account, local day and network: what its segments brought in, what carriers ask for them, and what is left.
-- The day is the one that the segments are charged on. Cents of cost go by the month's running total, so that its days sum up to it.

with

revenue as (

    select * from {{ ref('int_network_revenue') }}

),

costs as (

    select * from {{ ref('int_carrier_costs') }}

),

networks as (

    select * from {{ ref('stg_networks') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

terms as (

    select * from {{ ref('stg_terms') }}

),

asked as (

    select
        account_id,
        day,
        network_id,
        min(digits) as digits,
        sum(accepted)::bigint as accepted,
        sum(delivered)::bigint as delivered,
        case when count(*) = count(cost) then sum(cost) end as cost
    from costs
    group by account_id, day, network_id

),

run_up as (

    select
        *,
        coalesce(
            sum(cost) over (
                partition by account_id, date_trunc('month', day)
                order by day, network_id
            ),
            0
        ) as up_to
    from asked

),

rounded as (

    select
        account_id,
        day,
        network_id,
        accepted,
        delivered,
        round(up_to, digits) - round(up_to - cost, digits) as cost
    from run_up

),

sides as (

    select
        account_id,
        day,
        network_id,
        segments,
        0::bigint as accepted,
        0::bigint as delivered,
        revenue,
        0 as cost
    from revenue

    union all

    select
        account_id,
        day,
        network_id,
        0::bigint as segments,
        accepted,
        delivered,
        0 as revenue,
        cost
    from rounded

),

summed as (

    select
        account_id,
        day,
        network_id,
        sum(segments)::bigint as segments,
        sum(accepted)::bigint as accepted,
        sum(delivered)::bigint as delivered,
        case when count(*) = count(revenue) then sum(revenue) end as revenue,
        -- what another system sent has cost something, and nobody here knows what
        case when count(*) = count(cost) and (network_id is not null or sum(segments) = 0) then sum(cost) end as cost
    from sides
    group by account_id, day, network_id

),

final as (

    select
        accounts.account,
        summed.day,
        networks.prefix as network,
        networks.operator,
        networks.country,
        summed.segments,
        summed.accepted,
        summed.delivered,
        terms.currency,
        summed.revenue,
        round(summed.cost, terms.digits) as cost,
        summed.revenue - round(summed.cost, terms.digits) as margin,
        summed.network_id,
        summed.account_id
    from summed
    inner join accounts
        on summed.account_id = accounts.account_id
    inner join terms
        on summed.account_id = terms.account_id
        and summed.day >= terms.first_day
        and (terms.last_day is null or summed.day <= terms.last_day)
    left join networks
        on summed.network_id = networks.network_id

)

select * from final
