-- One row per line of an account's statement: each document and payment with the balance after it (CHARGING 25). What was owed
-- when the account came from another system is its first line; an invoice that is void stands there twice, there and back.

with

items as (

    select * from {{ ref('int_receivables') }}

),

settlements as (

    select * from {{ ref('int_settlements') }}

),

void_invoices as (

    select *
    from {{ ref('stg_invoices') }}
    where kind = 'month'
        and voided_at is not null

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

lines as (

    select
        account_id,
        at,
        kind,
        document,
        null as reference,
        amount as debit,
        0 as credit
    from items

    union all

    select
        void_invoices.account_id,
        line.at,
        line.kind,
        void_invoices.label as document,
        null as reference,
        line.debit,
        line.credit
    from void_invoices
    cross join watermark
    cross join
        lateral (
            values
            (void_invoices.issued_at, 'invoice', void_invoices.total, 0),
            (void_invoices.voided_at, 'void', 0, void_invoices.total)
        ) as line (at, kind, debit, credit)
    where void_invoices.voided_at <= watermark.as_of

    union all

    select
        account_id,
        at,
        kind,
        document,
        reference,
        0 as debit,
        amount as credit
    from settlements
    where amount > 0

    union all

    select
        account_id,
        at,
        'tax withheld' as kind,
        document,
        reference,
        0 as debit,
        withheld as credit
    from settlements
    where withheld > 0

),

numbered as (

    select
        *,
        row_number() over in_order as n,
        sum(debit - credit) over in_order as balance
    from lines
    window in_order as (
        partition by account_id
        order by
            at,
            array_position(array['opening', 'purchase', 'invoice', 'void', 'credit', 'payment', 'tax withheld'], kind),
            document collate "C"
        rows unbounded preceding
    )

),

final as (

    select
        accounts.account,
        numbered.n::integer as n,
        numbered.at,
        {{ local_day('numbered.at', 'accounts.timezone') }} as day,
        numbered.kind,
        numbered.document,
        numbered.reference,
        numbered.debit,
        numbered.credit,
        numbered.balance,
        to_char(numbered.at at time zone accounts.timezone, 'YYYY-MM') as month,
        numbered.account_id,
        {{ currency_on('numbered.account_id', local_day('numbered.at', 'accounts.timezone')) }} as currency
    from numbered
    inner join accounts
        on numbered.account_id = accounts.account_id

)

select * from final
