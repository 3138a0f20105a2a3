-- One row per account and frozen month with a missed target that earns a credit, and per line of usage of the month's invoice: what
-- is to be credited for the worst miss (SLA, credits). Of a prepaid account one row, with the units that make it good.

with

frozen_figures as (

    select * from {{ ref('stg_sla_figures') }}

),

metrics as (

    select * from {{ ref('sla_targets') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

terms as (

    select * from {{ ref('stg_terms') }}

),

lines as (

    select * from {{ ref('invoice_lines') }}

),

month_outcomes as (

    select * from {{ ref('int_month_outcomes') }}

),

misses as (

    select
        frozen_figures.account_id,
        frozen_figures.month,
        frozen_figures.metric,
        frozen_figures.adjusted,
        frozen_figures.target,
        frozen_figures.counted - frozen_figures.good as failed,
        (1 - frozen_figures.target) * frozen_figures.counted as allowed
    from frozen_figures
    inner join metrics
        on frozen_figures.metric = metrics.metric
    where metrics.earns_credit
        and frozen_figures.state = 'breached'

),

graded as (

    select
        *,
        case
            when failed <= 2 * allowed then 0.10
            when failed <= 5 * allowed then 0.25
            else 0.50
        end as share
    from misses

),

-- the best single one: credits do not add up
best as (

    select distinct on (account_id, month) *
    from graded
    order by
        account_id,
        month,
        share desc,
        failed / nullif(allowed, 0) desc nulls first,
        metric

),

schemes as (

    select
        best.*,
        accounts.account,
        terms.scheme
    from best
    inner join accounts
        on best.account_id = accounts.account_id
    inner join terms
        on best.account_id = terms.account_id
        and ((best.month || '-01')::date + interval '1 month - 1 day')::date >= terms.first_day
        and (terms.last_day is null or ((best.month || '-01')::date + interval '1 month - 1 day')::date <= terms.last_day)

),

-- a share of the month's fees, rounded once: each line has what the rounded sum rises by
fees as (

    select
        schemes.*,
        lines.invoice,
        lines.n as line,
        lines.net,
        lines.currency,
        round(
            schemes.share * sum(lines.net) over (partition by lines.account_id, lines.month, lines.invoice order by lines.n),
            billing.currency_digits(lines.currency)
        ) as credit_so_far
    from schemes
    inner join lines
        on schemes.account_id = lines.account_id
        and schemes.month = lines.month
    where lines.kind = 'usage'
        and lines.net > 0

),

money as (

    select
        *,
        credit_so_far - lag(credit_so_far, 1, 0::numeric) over (partition by account_id, month, invoice order by line) as credit
    from fees

),

sent as (

    select
        account_id,
        month,
        sum(chargeable) as units
    from month_outcomes
    group by account_id, month

),

final as (

    select
        account,
        month,
        metric,
        adjusted,
        target,
        share,
        invoice,
        line::integer as line,
        net,
        credit,
        currency,
        null::bigint as units,
        account_id
    from money
    where credit > 0

    union all

    select
        schemes.account,
        schemes.month,
        schemes.metric,
        schemes.adjusted,
        schemes.target,
        schemes.share,
        null::text as invoice,
        null::integer as line,
        null::numeric as net,
        null::numeric as credit,
        null::text as currency,
        round(schemes.share * sent.units)::bigint as units,
        schemes.account_id
    from schemes
    inner join sent
        on schemes.account_id = sent.account_id
        and schemes.month = sent.month
    where schemes.scheme = 'prepaid'
        and round(schemes.share * sent.units) > 0

)

select * from final
