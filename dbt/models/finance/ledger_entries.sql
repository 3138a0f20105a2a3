-- One row per line of an entry: what one thing that happened did to one ledger account. Every entry balances (CHARGING 17-28).

with

prepaid as (

    select * from {{ ref('int_prepaid_postings') }}

),

other as (

    select * from {{ ref('int_other_postings') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

postings as (

    select * from prepaid

    union all

    select * from other

),

entries as (

    select
        account_id,
        entry_kind,
        entry_key,
        min(at) as at
    from postings
    group by account_id, entry_kind, entry_key

),

summed as (

    select
        account_id,
        entry_kind,
        entry_key,
        ledger_account,
        sum(amount) as amount,
        sum(units)::bigint as units
    from postings
    group by account_id, entry_kind, entry_key, ledger_account

),

final as (

    select
        accounts.account,
        summed.entry_kind || ':' || summed.entry_key as entry,
        entries.at,
        summed.entry_kind as kind,
        summed.ledger_account,
        greatest(summed.amount, 0) as debit,
        greatest(-summed.amount, 0) as credit,
        summed.units,
        to_char(entries.at at time zone accounts.timezone, 'YYYY-MM') as month,
        summed.account_id
    from summed
    inner join entries
        on summed.account_id = entries.account_id
        and summed.entry_kind = entries.entry_kind
        and summed.entry_key = entries.entry_key
    inner join accounts
        on summed.account_id = accounts.account_id
    where summed.amount <> 0
        or summed.units <> 0

)

select * from final
