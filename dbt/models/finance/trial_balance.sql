-- One row per legal entity, month, currency and ledger account: what stood on it, what was posted, what stands on it (CHARGING 17-28).
-- An entry is in the month of its own account's calendar; a month without entries carries its balance on.

{{ config(meta={'staff_only': true}) }}

with

entries as (

    select * from {{ ref('ledger_entries') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

legal_entities as (

    select * from {{ ref('stg_legal_entities') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

posted as (

    select
        accounts.legal_entity_id,
        entries.currency,
        entries.ledger_account,
        (entries.month || '-01')::date as month,
        sum(entries.debit) as debit,
        sum(entries.credit) as credit
    from entries
    inner join accounts
        on entries.account_id = accounts.account_id
    where entries.debit <> 0
        or entries.credit <> 0
    group by accounts.legal_entity_id, entries.currency, entries.ledger_account, entries.month

),

-- to the month of the build's instant, or of what an account further east has posted
spans as (

    select
        posted.legal_entity_id,
        posted.currency,
        posted.ledger_account,
        min(posted.month) as first_month,
        max(greatest(posted.month, {{ local_month('watermark.as_of', 'legal_entities.timezone') }})) as last_month
    from posted
    inner join legal_entities
        on posted.legal_entity_id = legal_entities.legal_entity_id
    cross join watermark
    group by posted.legal_entity_id, posted.currency, posted.ledger_account

),

months as (

    select
        spans.legal_entity_id,
        spans.currency,
        spans.ledger_account,
        month.starts_on::date as month
    from spans
    cross join lateral generate_series(spans.first_month, spans.last_month, interval '1 month') as month (starts_on)

),

running as (

    select
        months.legal_entity_id,
        months.currency,
        months.ledger_account,
        months.month,
        coalesce(posted.debit, 0) as debit,
        coalesce(posted.credit, 0) as credit,
        sum(coalesce(posted.debit, 0) - coalesce(posted.credit, 0)) over (
            partition by months.legal_entity_id, months.currency, months.ledger_account
            order by months.month
        ) as closing
    from months
    left join posted
        on months.legal_entity_id = posted.legal_entity_id
        and months.currency = posted.currency
        and months.ledger_account = posted.ledger_account
        and months.month = posted.month

),

final as (

    select
        legal_entities.legal_entity,
        to_char(running.month, 'YYYY-MM') as month,
        running.currency,
        split_part(running.ledger_account, ' ', 1) as code,
        running.ledger_account,
        running.closing - running.debit + running.credit as opening,
        running.debit,
        running.credit,
        running.closing,
        running.legal_entity_id
    from running
    inner join legal_entities
        on running.legal_entity_id = legal_entities.legal_entity_id

)

select * from final
