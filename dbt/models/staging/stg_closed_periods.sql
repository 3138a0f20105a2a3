-- One row per closed month of an account: its figures are frozen, usage that came after it is late (CHARGING 16).

with

closed_period as (

    select * from {{ source('billing', 'closed_period') }}

),

final as (

    select
        account_id,
        month,
        starts_at,
        ends_at,
        closed_at,
        valuation,
        horizon,
        cluster
    from closed_period

)

select * from final
