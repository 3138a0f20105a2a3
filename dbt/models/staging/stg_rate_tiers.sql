-- One row per tier of a rate card; a card is what one account, zone and effective_from share (CHARGING 27).

with

rate_row as (

    select * from {{ source('account', 'rate_row') }}

),

final as (

    select
        account_id,
        zone,
        effective_from as card_from,
        effective_to as card_to,
        from_unit,
        lead(from_unit) over (partition by account_id, zone, effective_from order by from_unit) - 1 as to_unit,
        rate
    from rate_row

)

select * from final
