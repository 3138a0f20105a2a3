-- The one row that says what this build reads and for which instant it counts.
-- Every transaction below the horizon has ended: a fact below it is there for good, and none can come below it later.
-- good_build is the last build that came to its end: what its marts have read, below horizon_before, need not be made anew.
-- as_of_before and as_of_highest are the earliest and the latest instant that it, or a build that failed since, has counted for.

{{ config(materialized='incremental', unique_key='only_row') }}

with

builds as (

    select * from {{ source('billing', 'build') }}

),

asked as (

    select
        max(build_id) as build_id,
        max(as_of) as as_of
    from builds
    where finished_at is null

),

last_good as (

    select
        build_id,
        horizon
    from builds
    where outcome = 'ok'
        and cluster = billing.cluster()
    order by build_id desc
    limit 1

),

since as (

    select
        min(builds.as_of) as earliest,
        max(builds.as_of) as latest
    from builds
    inner join last_good
        on builds.build_id >= last_good.build_id
    where builds.finished_at is not null

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
        coalesce(asked.build_id, 0) as build_id,
        coalesce(last_good.build_id, 0) as good_build,
        pg_snapshot_xmin(pg_current_snapshot()) as horizon,
        pg_snapshot_xmax(pg_current_snapshot()) as ceiling,
        strangers.builds > 0 as is_restored,
        coalesce(asked.as_of, now()) as as_of,
        coalesce(last_good.horizon, '0'::xid8) as horizon_before,
        since.earliest as as_of_before,
        since.latest as as_of_highest,
        now() as taken_at
    from asked
    cross join since
    cross join strangers
    left join last_good on true

)

select * from final
