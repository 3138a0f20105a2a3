-- One row per lot that a migrating account brought along.

with

opening_lot as (

    select * from {{ source('account', 'opening_lot') }}

),

final as (

    select
        account_id,
        opening_id,
        n,
        opened_at,
        last_valid_day,
        units,
        rate,
        carrying_value
    from opening_lot

)

select * from final
