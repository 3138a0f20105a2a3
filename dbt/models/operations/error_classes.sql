-- One row per connector and error code of receipts: what it means now, and who answers for it (SLA, err means).

{{ config(meta={'staff_only': true}) }}

with

errors as (

    select * from {{ ref('outcome_errors') }}

),

classes as (

    select * from {{ ref('outcome_classes') }}

),

final as (

    select
        errors.connector,
        errors.error_code,
        errors.class,
        errors.meaning,
        classes.counts_against,
        classes.is_excluded
    from errors
    inner join classes
        on errors.class = classes.class

)

select * from final
