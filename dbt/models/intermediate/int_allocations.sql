-- One row per settlement and item that it settles: as named, credits and write-offs before payments, then what is left of the
-- settlements, oldest first, to what is left of the items, oldest first (CHARGING 25). What names an item that is not owed yet waits
-- for it.

with

items as (

    select * from {{ ref('int_receivables') }}

),

settlements as (

    select * from {{ ref('int_settlements') }}

),

-- both sides of a named item laid end to end: a settlement takes the stretch of the item that its own stretch covers
named as (

    select
        settlements.account_id,
        settlements.settlement,
        items.item,
        settlements.settles,
        items.amount as owed,
        sum(settlements.settles) over (
            partition by settlements.account_id, settlements.item
            order by settlements.kind not in ('credit', 'write_off'), settlements.at, settlements.settlement collate "C"
        ) as settled_until
    from settlements
    inner join items
        on settlements.account_id = items.account_id
        and settlements.item = items.item

),

as_named as (

    select
        account_id,
        settlement,
        item,
        least(settled_until, owed) - least(settled_until - settles, owed) as amount
    from named

),

settled_by_name as (

    select
        account_id,
        item,
        sum(amount) as amount
    from as_named
    group by account_id, item

),

-- the same with everything that is left of an account
open_items as (

    select
        items.account_id,
        items.item,
        items.amount - coalesce(settled_by_name.amount, 0) as amount,
        sum(items.amount - coalesce(settled_by_name.amount, 0)) over (
            partition by items.account_id
            order by items.at, items.item collate "C"
        ) as owed_until
    from items
    left join settled_by_name
        on items.account_id = settled_by_name.account_id
        and items.item = settled_by_name.item

),

free_settlements as (

    select
        settlements.account_id,
        settlements.settlement,
        settlements.settles - coalesce(as_named.amount, 0) as amount,
        sum(settlements.settles - coalesce(as_named.amount, 0)) over (
            partition by settlements.account_id
            order by settlements.at, settlements.settlement collate "C"
        ) as settled_until
    from settlements
    left join as_named
        on settlements.account_id = as_named.account_id
        and settlements.settlement = as_named.settlement
    where settlements.item is null
        or as_named.settlement is not null

),

oldest_first as (

    select
        free_settlements.account_id,
        free_settlements.settlement,
        open_items.item,
        least(free_settlements.settled_until, open_items.owed_until)
        - greatest(free_settlements.settled_until - free_settlements.amount, open_items.owed_until - open_items.amount) as amount
    from free_settlements
    inner join open_items
        on free_settlements.account_id = open_items.account_id
        and free_settlements.settled_until - free_settlements.amount < open_items.owed_until
        and open_items.owed_until - open_items.amount < free_settlements.settled_until

),

final as (

    select
        account_id,
        settlement,
        item,
        true as is_named,
        amount
    from as_named
    where amount > 0

    union all

    select
        account_id,
        settlement,
        item,
        false as is_named,
        amount
    from oldest_first
    where amount > 0

)

select * from final
