-- One row per grant, refund, reversal, payment taken back, payout and write-off: who, why, when, and what it posted (CHARGING 21-23, 25).

{{ config(meta={'staff_only': true}) }}

with

adjustments as (

    select * from {{ ref('stg_adjustments') }}

),

changes as (

    select * from {{ ref('stg_receivable_changes') }}

),

payments as (

    select * from {{ ref('stg_payments') }}

),

invoices as (

    select * from {{ ref('stg_invoices') }}

),

entries as (

    select *
    from {{ ref('ledger_entries') }}
    where kind in ('grant', 'refund', 'reversal', 'payment_reversal', 'payout', 'write_off')

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

recorded as (

    select
        account_id,
        kind,
        business_key,
        at,
        usage_key as bears_on,
        reason,
        recorded_by,
        recorded_at,
        is_history
    from adjustments

    union all

    select
        changes.account_id,
        changes.kind,
        changes.business_key,
        changes.at,
        coalesce(payments.business_key, invoices.label) as bears_on,
        changes.reason,
        changes.recorded_by,
        changes.recorded_at,
        false as is_history
    from changes
    left join payments
        on changes.account_id = payments.account_id
        and changes.payment_id = payments.payment_id
    left join invoices
        on changes.account_id = invoices.account_id
        and changes.invoice_id = invoices.invoice_id

),

posted as (

    select
        account_id,
        entry,
        sum(units)::bigint as units,
        sum(case when ledger_account like '1200 %' then debit - credit else 0 end) as receivable,
        sum(case when ledger_account like '1100 %' then debit - credit else 0 end) as bank,
        sum(case when ledger_account like '2100 %' then credit - debit else 0 end) as deferred_revenue,
        sum(case when ledger_account like '2200 %' then credit - debit else 0 end) as vat,
        sum(case when ledger_account like '4%' then credit - debit else 0 end) as income,
        sum(case when ledger_account like '5100 %' then debit - credit else 0 end) as bad_debts
    from entries
    group by account_id, entry

),

final as (

    select
        accounts.account,
        to_char(recorded.at at time zone accounts.timezone, 'YYYY-MM') as month,
        recorded.at,
        {{ local_day('recorded.at', 'accounts.timezone') }} as day,
        recorded.kind,
        recorded.business_key as document,
        recorded.bears_on,
        recorded.reason,
        recorded.recorded_by,
        recorded.recorded_at,
        recorded.is_history,
        coalesce(posted.units, 0) as units,
        coalesce(posted.receivable, 0) as receivable,
        coalesce(posted.bank, 0) as bank,
        coalesce(posted.deferred_revenue, 0) as deferred_revenue,
        coalesce(posted.vat, 0) as vat,
        coalesce(posted.income, 0) as income,
        coalesce(posted.bad_debts, 0) as bad_debts,
        {{ currency_on('recorded.account_id', local_day('recorded.at', 'accounts.timezone')) }} as currency,
        recorded.account_id
    from recorded
    inner join accounts
        on recorded.account_id = accounts.account_id
    cross join watermark
    left join posted
        on recorded.account_id = posted.account_id
        and recorded.kind || ':' || recorded.business_key = posted.entry
    where recorded.at <= watermark.as_of

)

select * from final
