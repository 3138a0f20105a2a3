-- One row per account, month and metric of a month that is frozen: as it was then (SLA, freezing).

with

sla_figure as (

    select * from {{ source('report', 'sla_figure') }}

),

final as (

    select
        account_id,
        month,
        metric,
        raw,
        adjusted,
        exclusions,
        target,
        state,
        good,
        counted,
        excluded,
        at_least,
        at_most,
        budget_left,
        frozen_at
    from sla_figure

)

select * from final
