-- One row per account, connector, network, day of the margin and day of cost: what the carrier asks for what it accepted or
-- delivered, in its currency and, unrounded, in the account's. Where a rate is missing the cost is null and error says which.

with

counts as (

    select * from {{ ref('int_sent_counts') }}

),

rates as (

    select * from {{ ref('stg_buy_rates') }}

),

fx_rates as (

    select * from {{ ref('stg_fx_rates') }}

),

networks as (

    select * from {{ ref('stg_networks') }}

),

terms as (

    select * from {{ ref('stg_terms') }}

),

sent as (

    select
        counts.account_id,
        counts.connector_id,
        counts.network_id,
        coalesce(counts.charged_day, counts.sent_day) as day,
        counts.cost_day,
        sum(counts.accepted)::bigint as accepted,
        sum(counts.delivered)::bigint as delivered
    from counts
    where counts.accepted > 0
    group by
        counts.account_id,
        counts.connector_id,
        counts.network_id,
        coalesce(counts.charged_day, counts.sent_day),
        counts.cost_day

),

sent_days as (

    select distinct
        sent.connector_id,
        sent.network_id,
        sent.cost_day,
        networks.operator,
        networks.prefix
    from sent
    inner join networks
        on sent.network_id = networks.network_id

),

-- an operator goes before a prefix, a longer prefix before a shorter one, and what is for all comes last
in_force as (

    select distinct on (sent_days.connector_id, sent_days.network_id, sent_days.cost_day)
        sent_days.connector_id,
        sent_days.network_id,
        sent_days.cost_day,
        rates.per,
        rates.currency,
        rates.rate
    from sent_days
    inner join rates
        on sent_days.connector_id = rates.connector_id
        and sent_days.cost_day >= rates.first_day
        and (rates.end_day is null or sent_days.cost_day < rates.end_day)
        and (
            rates.network = '*'
            or rates.network = sent_days.operator
            or (rates.network like '+%' and starts_with(sent_days.prefix, substr(rates.network, 2)))
        )
    order by
        sent_days.connector_id,
        sent_days.network_id,
        sent_days.cost_day,
        rates.network = sent_days.operator desc,
        length(case when rates.network like '+%' then rates.network else '' end) desc

),

priced as (

    select
        sent.account_id,
        sent.connector_id,
        sent.network_id,
        sent.day,
        sent.cost_day,
        sent.accepted,
        sent.delivered,
        in_force.per,
        in_force.currency,
        in_force.rate,
        terms.currency as into_currency,
        terms.digits,
        case in_force.per when 'submission' then sent.accepted when 'delivery' then sent.delivered end as segments
    from sent
    inner join terms
        on sent.account_id = terms.account_id
        and sent.day >= terms.first_day
        and (terms.last_day is null or sent.day <= terms.last_day)
    left join in_force
        on sent.connector_id = in_force.connector_id
        and sent.network_id = in_force.network_id
        and sent.cost_day = in_force.cost_day

),

exchanged_days as (

    select distinct on (asked.currency, asked.into_currency, asked.cost_day)
        asked.currency,
        asked.into_currency,
        asked.cost_day,
        fx_rates.rate
    from (
        select distinct
            currency,
            into_currency,
            cost_day
        from priced
        where currency <> into_currency
    ) as asked
    inner join fx_rates
        on asked.currency = fx_rates.currency
        and asked.into_currency = fx_rates.into_currency
        and asked.cost_day >= fx_rates.first_day
    order by asked.currency, asked.into_currency, asked.cost_day, fx_rates.first_day desc

),

exchanged as (

    select
        priced.*,
        case when priced.currency = priced.into_currency then 1 else exchanged_days.rate end as fx_rate
    from priced
    left join exchanged_days
        on priced.currency = exchanged_days.currency
        and priced.into_currency = exchanged_days.into_currency
        and priced.cost_day = exchanged_days.cost_day

),

final as (

    select
        account_id,
        connector_id,
        network_id,
        day,
        cost_day,
        accepted,
        delivered,
        per,
        currency,
        rate,
        segments,
        segments * rate as amount,
        into_currency,
        digits,
        fx_rate,
        case when segments = 0 then 0 else segments * rate * fx_rate end as cost,
        case
            when rate is null then 'NO_BUY_RATE'
            when fx_rate is null and segments > 0 then 'NO_FX_RATE'
        end as error
    from exchanged

)

select * from final
