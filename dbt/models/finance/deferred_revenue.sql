-- One row per prepaid account and local month: how deferred revenue (2100) went from its opening to its closing balance.

with

ledger as (

    select *
    from {{ ref('ledger_entries') }}
    where ledger_account = '2100 deferred revenue'

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

final as (

    select
        account,
        month,
        sum(change) over in_time - change as opening,
        brought_in,
        sold,
        used,
        given_back,
        lapsed,
        refunded,
        revalued,
        sum(change) over in_time as closing,
        account_id
    from moved
    window in_time as (
        partition by account_id
        order by month
    )

)

select * from final
