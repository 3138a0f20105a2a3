-- One row per account, month and metric, S1 to S14 of SLA, raw and adjusted, with what the adjustment leaves out, beside its target.
-- Figures are provisional until 72 h after the month's end. A month that is frozen is as it was frozen.

{{ config(indexes=[{'columns': ['account_id', 'month', 'metric'], 'unique': true}]) }}

with

metrics as (

    select * from {{ ref('int_sla_figures') }}

),

default_targets as (

    select * from {{ ref('sla_targets') }}

),

sla_terms as (

    select * from {{ ref('stg_sla_terms') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

frozen_figures as (

    select * from {{ ref('stg_sla_figures') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

figures as (

    select
        metrics.*,
        accounts.account,
        accounts.timezone,
        (metrics.month || '-01')::date as first_day,
        metrics.raw_good::numeric / nullif(metrics.raw_counted, 0) as raw,
        metrics.good::numeric / nullif(metrics.counted, 0) as adjusted
    from metrics
    inner join accounts
        on metrics.account_id = accounts.account_id
    where not exists (
            select 1
            from frozen_figures
            where frozen_figures.account_id = metrics.account_id
                and frozen_figures.month = metrics.month
        )

),

targeted as (

    select
        figures.*,
        default_targets.is_sampled,
        coalesce(agreed.target, default_targets.target) as target,
        billing.day_start((figures.first_day + interval '1 month')::date, figures.timezone)
        + interval '72 hours' > watermark.as_of as is_provisional
    from figures
    cross join watermark
    left join default_targets
        on figures.metric = default_targets.metric
    left join lateral (
        select sla_terms.target
        from sla_terms
        where sla_terms.account_id = figures.account_id
            and sla_terms.metric = figures.metric
            and sla_terms.effective_from < (figures.first_day + interval '1 month')::date
        order by sla_terms.effective_from desc
        limit 1
    ) as agreed on true

),

-- settling: what still waits can make it come out one way or the other
weighed as (

    select
        *,
        is_provisional
        and waiting > 0
        and (
            target is null
            or (
                good < target * (counted + waiting)
                and good + waiting >= target * (counted + waiting)
            )
        ) as is_settling,
        case when target < 1 and counted > 0 then 1 - (counted - good) / ((1 - target) * counted) end as budget_left
    from targeted

),

computed as (

    select
        account,
        month,
        metric,
        round(raw, 6) as raw,
        round(adjusted, 6) as adjusted,
        exclusions,
        target,
        case
            when counted = 0 then 'no data'
            when is_sampled and counted < 1000 then 'insufficient data'
            when is_settling then 'settling'
            when target is null then 'info'
            when adjusted < target then 'breached'
            when is_provisional and budget_left < 0.25 then 'at risk'
            else 'met'
        end as state,
        good::bigint as good,
        counted::bigint as counted,
        excluded::bigint as excluded,
        waiting::bigint as waiting,
        is_provisional,
        {{ wilson('good', 'counted', '-') }} as at_least,
        {{ wilson('good', 'counted', '+') }} as at_most,
        round(budget_left, 6) as budget_left,
        account_id
    from weighed

),

final as (

    select * from computed

    union all

    select
        accounts.account,
        frozen_figures.month,
        frozen_figures.metric,
        frozen_figures.raw,
        frozen_figures.adjusted,
        frozen_figures.exclusions,
        frozen_figures.target,
        frozen_figures.state,
        frozen_figures.good,
        frozen_figures.counted,
        frozen_figures.excluded,
        0 as waiting,
        false as is_provisional,
        frozen_figures.at_least,
        frozen_figures.at_most,
        frozen_figures.budget_left,
        frozen_figures.account_id
    from frozen_figures
    inner join accounts
        on frozen_figures.account_id = accounts.account_id

)

select * from final
