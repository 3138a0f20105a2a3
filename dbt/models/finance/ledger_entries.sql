-- One row per line of an entry: what one thing that happened did to one ledger account. Every entry balances (CHARGING 17-28).

-- Prepaid entries and opening balances are renewed from the account's stale day on; all others are computed whole, and those that
-- differ are replaced.

{{ config(
    materialized='incremental',
    incremental_strategy='renew',
    on_schema_change='fail',
    meta={'renewed_by': 'day'},
    indexes=[
        {'columns': ['account_id', 'entry', 'ledger_account'], 'unique': true},
        {'columns': ['account_id', 'day']},
        {'columns': ['at', 'account', 'entry', 'ledger_account']},
        {'columns': ['kind']}
    ],
    pre_hook=["{{ by_index() }}", "{{ forget_changed_documents() }}"]
) }}

with

prepaid as (

    {{ stale_rows(ref('int_prepaid_postings'), 'event_day') | indent(4) }}

),

other as (

    select * from {{ ref('int_other_postings') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

postings as (

    select
        account_id,
        entry_kind,
        entry_key,
        at,
        ledger_account,
        units,
        amount
    from prepaid

    union all

    select * from other
    {% if is_incremental() -%}
        where entry_kind <> 'opening'

        union all

        select other.*
        from other
        inner join {{ ref('int_stale') }} as stale
            on other.account_id = stale.account_id
            and other.at >= stale.stale_at
        where other.entry_kind = 'opening'
    {%- endif %}

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
        summed.account_id,
        {{ local_day('entries.at', 'accounts.timezone') }} as day,
        {{ currency_on('summed.account_id', local_day('entries.at', 'accounts.timezone')) }} as currency
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
