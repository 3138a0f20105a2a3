-- The one row that says what this build reads and for which instant it counts.
-- Every transaction below the horizon has ended: a fact below it is there for good, and none can come below it later.

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
        now() as taken_at
    from asked
    cross join strangers

)

select * from final
