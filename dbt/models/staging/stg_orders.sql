-- One row per order that takes effect with its payment, cancelled ones too; its purchase bears the same business key (CHARGING 12).

with

purchase_order as (

    select * from {{ source('account', 'purchase_order') }}

),

cancelled_order as (

    select * from {{ source('account', 'cancelled_order') }}

),

final as (

    select
        purchase_order.account_id,
        purchase_order.order_id,
        purchase_order.business_key,
        purchase_order.ordered_at,
        cancelled_order.cancelled_at
    from purchase_order
    left join cancelled_order
        on purchase_order.account_id = cancelled_order.account_id
        and purchase_order.order_id = cancelled_order.order_id

)

select * from final
