-- One row per line of a prepaid account's entries: amounts are debits, negative ones credits (CHARGING 17-24).

{{ config(
    materialized='incremental',
    incremental_strategy='renew',
    meta={'renewed_by': 'event_day'},
    indexes=[{'columns': ['account_id', 'event_day']}],
    pre_hook="{{ by_index() }}"
) }}

with

movements as (

    {{ stale_rows(ref('int_prepaid_movements'), 'event_day') | indent(4) }}

),

valuations as (

    select * from {{ ref('int_valuations') }}

),

-- what posts, in the account's valuation; a rollover moves no units, and lapsed ones have left 2100
valued as (

    select
        movements.account_id,
        movements.n,
        movements.m,
        movements.event_day,
        movements.at,
        movements.kind,
        movements.key,
        movements.lot,
        case when movements.kind in ('rollover', 'late_usage', 'lapsed_reversal') then 0 else movements.units end as units,
        case valuations.valuation when 'rerate' then movements.deferred else movements.blended_deferred end as deferred,
        case
            when movements.kind = 'rollover' then 0
            when valuations.valuation = 'rerate' then movements.against
            else movements.blended_against
        end as against,
        movements.vat
    from movements
    inner join valuations
        on movements.account_id = valuations.account_id
    where movements.kind not in ('shortfall', 'shortfall_reversal', 'owed_refund', 'waiting_reversal')

),

named as (

    select
        *,
        case
            when kind in ('usage', 'served', 'late_usage') then 'usage'
            when kind in ('reversal', 'lapsed_reversal') then 'reversal'
            when kind in ('credit', 'late_refund') then 'refund'
            else kind
        end as entry_kind,
        case
            when kind in ('usage', 'served', 'late_usage') then event_day::text
            when kind = 'opening' then 'balances'
            when kind = 'late_refund' then key || ' ' || event_day -- each event renews its own entries
            else key
        end as entry_key
    from valued

),

lines as (

    select
        named.account_id,
        named.event_day,
        named.entry_kind,
        named.entry_key,
        named.at,
        named.kind,
        named.lot,
        line.ledger_account,
        line.units,
        line.amount
    from named
    cross join lateral (
        values
        ('1200 receivable', 0, case named.kind
            when 'purchase' then named.against + named.vat
            when 'credit' then -named.against - named.vat
        end),
        ('2100 deferred revenue', named.units, -named.deferred),
        ('2200 VAT', 0, case named.kind
            when 'purchase' then -named.vat
            when 'credit' then named.vat
        end),
        ('3000 opening balances', 0, case when named.kind = 'opening' then named.against end),
        ('4100 usage revenue', 0, case
            when named.kind in ('usage', 'served', 'late_usage') then -named.against
            when named.kind in ('reversal', 'lapsed_reversal') then named.against
        end),
        ('4200 breakage', 0, case
            when named.kind in ('expiry', 'lapsed_reversal') then -named.against
            when named.kind = 'late_usage' then named.against
        end)
    ) as line (ledger_account, units, amount)

),

-- what the two sides leave open is revaluation
revaluation as (

    select
        account_id,
        event_day,
        entry_kind,
        entry_key,
        min(at) as at,
        '4300 revaluation' as ledger_account,
        0 as units,
        -sum(amount) as amount
    from lines
    group by account_id, event_day, entry_kind, entry_key

),

final as (

    select
        account_id,
        event_day,
        entry_kind,
        entry_key,
        at,
        ledger_account,
        units::bigint as units,
        amount
    from lines
    where amount <> 0
        or units <> 0

    union all

    select
        account_id,
        event_day,
        entry_kind,
        entry_key,
        at,
        ledger_account,
        units::bigint as units,
        amount
    from revaluation
    where amount <> 0

)

select * from final
