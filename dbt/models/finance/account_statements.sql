-- One row per line of an account's statement: each document and payment with the balance after it (CHARGING 25). What was owed
-- when the account came from another system is its first line; an invoice that is void stands there twice, there and back; so
-- does a payment that was taken back.

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

reversals as (

    select
        changes.account_id,
        changes.business_key,
        changes.at,
        changes.reference as bank_reference,
        payments.business_key as payment,
        payments.at as paid_at,
        coalesce(payments.reference, payments.certificate) as reference,
        payments.amount,
        payments.withheld
    from {{ ref('stg_receivable_changes') }} as changes
    inner join {{ ref('stg_payments') }} as payments
        on changes.account_id = payments.account_id
        and changes.payment_id = payments.payment_id

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
        reversals.account_id,
        line.at,
        line.kind,
        line.document,
        line.reference,
        line.debit,
        line.credit
    from reversals
    cross join watermark
    cross join
        lateral (
            values
            (reversals.paid_at, 'payment', reversals.payment, reversals.reference, 0, reversals.amount),
            (reversals.paid_at, 'tax withheld', reversals.payment, reversals.reference, 0, reversals.withheld),
            (
                reversals.at, 'payment_reversal', reversals.business_key, coalesce(reversals.bank_reference, reversals.payment),
                reversals.amount + reversals.withheld, 0
            )
        ) as line (at, kind, document, reference, debit, credit)
    where reversals.at <= watermark.as_of
        and line.debit + line.credit > 0

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
            array_position(
                array[
                    'opening', 'purchase', 'invoice', 'void', 'credit', 'write_off', 'payment', 'tax withheld', 'payment_reversal',
                    'payout'
                ],
                kind
            ),
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
