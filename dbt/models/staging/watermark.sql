-- The one row that says what this build reads and for which instant it counts.
-- Every transaction below the horizon has ended: a fact below it is there for good, and none can come below it later.
-- horizon_before and as_of_before are those of the last build that came to its end: what is in its marts need not be made anew.

{{ config(materialized='incremental', unique_key='only_row') }}

with

builds as (

    select * from {{ source('billing', 'build') }}

),

asked as (

    select max(as_of) as as_of
    from builds
    where finished_at is null

),

last_good as (

    select
        horizon,
        as_of
    from builds
    where outcome = 'ok'
        and cluster = billing.cluster()
    order by build_id desc
    limit 1

),

strangers as (

    select count(*) as builds
    from builds
    where cluster <> billing.cluster()

),

final as (

    select
        true as only_row,
        billing.cluster() as cluster,
        pg_snapshot_xmin(pg_current_snapshot()) as horizon,
        pg_snapshot_xmax(pg_current_snapshot()) as ceiling,
        strangers.builds > 0 as is_restored,
        coalesce(asked.as_of, now()) as as_of,
        coalesce(last_good.horizon, '0'::xid8) as horizon_before,
        last_good.as_of as as_of_before,
        now() as taken_at
    from asked
    cross join strangers
    left join last_good on true

)

select * from final
