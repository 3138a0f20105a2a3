-- One row per document that is not settled in full at the build's instant, by how long it is overdue, and per payment or credit
-- that is not used up: money on account, negative (CHARGING 25).

with

items as (

    select * from {{ ref('int_receivables') }}

),

settlements as (

    select * from {{ ref('int_settlements') }}

),

allocations as (

    select * from {{ ref('int_allocations') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

settled as (

    select
        account_id,
        item,
        sum(amount) as amount
    from allocations
    group by account_id, item

),

used as (

    select
        account_id,
        settlement,
        sum(amount) as amount
    from allocations
    group by account_id, settlement

),

open_documents as (

    select
        items.account_id,
        items.kind,
        items.document,
        items.day,
        items.due_day,
        items.amount,
        coalesce(settled.amount, 0) as settled
    from items
    left join settled
        on items.account_id = settled.account_id
        and items.item = settled.item
    where items.amount > coalesce(settled.amount, 0)

),

on_account as (

    select
        settlements.account_id,
        settlements.kind,
        settlements.document,
        {{ local_day('settlements.at', 'accounts.timezone') }} as day,
        null::date as due_day,
        -settlements.settles as amount,
        -coalesce(used.amount, 0) as settled
    from settlements
    inner join accounts
        on settlements.account_id = accounts.account_id
    left join used
        on settlements.account_id = used.account_id
        and settlements.settlement = used.settlement
    where settlements.settles > coalesce(used.amount, 0)

),

open_rows as (

    select * from open_documents

    union all

    select * from on_account

),

aged as (

    select
        open_rows.*,
        accounts.account,
        {{ local_day('watermark.as_of', 'accounts.timezone') }} - open_rows.due_day as days_overdue,
        {{ currency_on('open_rows.account_id', 'coalesce(open_rows.day, ' ~ local_day('watermark.as_of', 'accounts.timezone') ~ ')') }} as currency
    from open_rows
    inner join accounts
        on open_rows.account_id = accounts.account_id
    cross join watermark

),

final as (

    select
        account,
        case
            when due_day is null then 'on account'
            when days_overdue <= 0 then 'not due'
            when days_overdue <= 30 then '1-30'
            when days_overdue <= 60 then '31-60'
            when days_overdue <= 90 then '61-90'
            else 'over 90'
        end as bucket,
        kind,
        document,
        day,
        due_day,
        greatest(days_overdue, 0) as days_overdue,
        amount,
        settled,
        amount - settled as open,
        account_id,
        currency
    from aged

)

select * from final
