-- One row per payment or credit and what it settles, as they stand at the build's instant (CHARGING 25).

with

allocations as (

    select * from {{ ref('int_allocations') }}

),

settlements as (

    select * from {{ ref('int_settlements') }}

),

items as (

    select * from {{ ref('int_receivables') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

final as (

    select
        accounts.account,
        settlements.kind,
        settlements.document,
        settlements.at,
        items.kind as settled_kind,
        items.document as settled_document,
        allocations.amount,
        allocations.is_named,
        settlements.settles as settlement_amount,
        items.amount as settled_amount,
        allocations.settlement,
        allocations.item,
        allocations.account_id,
        {{ currency_on('allocations.account_id', local_day('settlements.at', 'accounts.timezone')) }} as currency
    from allocations
    inner join settlements
        on allocations.account_id = settlements.account_id
        and allocations.settlement = settlements.settlement
    inner join items
        on allocations.account_id = items.account_id
        and allocations.item = items.item
    inner join accounts
        on allocations.account_id = accounts.account_id

)

select * from final
