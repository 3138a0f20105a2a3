-- One row per account and month of which this build makes sums and marts anew.

{{ config(indexes=[{'columns': ['account_id', 'month'], 'unique': true}]) }}

with

stale_hours as (

    select * from {{ ref('int_stale_hours') }}

),

final as (

    select distinct
        account_id,
        month
    from stale_hours

)

select * from final
