-- One row per prepaid account and local month: how deferred revenue (2100) went from its opening to its closing balance, and what
-- it comes to in either valuation, of which one posts (CHARGING 24).

with

ledger as (

    select *
    from {{ ref('ledger_entries') }}
    where ledger_account = '2100 deferred revenue'

),

movements as (

    select * from {{ ref('int_prepaid_movements') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

first_months as (

    select
        account_id,
        min(month) as month
    from ledger
    group by account_id

),

months as (

    select
        first_months.account_id,
        accounts.account,
        to_char(month.starts_on, 'YYYY-MM') as month
    from first_months
    inner join accounts
        on first_months.account_id = accounts.account_id
    cross join watermark
    cross join lateral generate_series(
        (first_months.month || '-01')::timestamp,
        watermark.as_of at time zone accounts.timezone,
        interval '1 month'
    ) as month (starts_on)

),

moved as (

    select
        months.account,
        months.account_id,
        months.month,
        coalesce(sum(ledger.credit - ledger.debit) filter (where ledger.kind = 'opening'), 0) as brought_in,
        coalesce(sum(ledger.credit - ledger.debit) filter (where ledger.kind = 'purchase'), 0) as sold,
        coalesce(sum(ledger.debit - ledger.credit) filter (where ledger.kind = 'usage'), 0) as used,
        coalesce(sum(ledger.credit - ledger.debit) filter (where ledger.kind = 'reversal'), 0) as given_back,
        coalesce(sum(ledger.debit - ledger.credit) filter (where ledger.kind = 'expiry'), 0) as lapsed,
        coalesce(sum(ledger.debit - ledger.credit) filter (where ledger.kind = 'refund'), 0) as refunded,
        coalesce(sum(ledger.credit - ledger.debit) filter (where ledger.kind = 'rollover'), 0) as revalued,
        coalesce(sum(ledger.credit - ledger.debit), 0) as change
    from months
    left join ledger
        on months.account_id = ledger.account_id
        and months.month = ledger.month
    group by months.account, months.account_id, months.month

),

valued as (

    select
        movements.account_id,
        to_char(movements.at at time zone accounts.timezone, 'YYYY-MM') as month,
        sum(movements.deferred) as rerate_change,
        sum(movements.blended_deferred) as blended_change
    from movements
    inner join accounts
        on movements.account_id = accounts.account_id
    group by movements.account_id, to_char(movements.at at time zone accounts.timezone, 'YYYY-MM')

),

final as (

    select
        moved.account,
        moved.month,
        sum(moved.change) over in_time - moved.change as opening,
        moved.brought_in,
        moved.sold,
        moved.used,
        moved.given_back,
        moved.lapsed,
        moved.refunded,
        moved.revalued,
        sum(moved.change) over in_time as closing,
        coalesce(sum(valued.rerate_change) over in_time, 0) as rerate_value,
        coalesce(sum(valued.blended_change) over in_time, 0) as blended_value,
        moved.account_id,
        {{ currency_on('moved.account_id', last_day_of("(moved.month || '-01')::date")) }} as currency
    from moved
    left join valued
        on moved.account_id = valued.account_id
        and moved.month = valued.month
    window in_time as (
        partition by moved.account_id
        order by moved.month
    )

)

select * from final
