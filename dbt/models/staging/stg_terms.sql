-- One row per account and stretch of local days with the same commercial terms; last_day is null for the last.

with

term as (

    select * from {{ source('account', 'term') }}

),

final as (

    select
        account_id,
        effective_from as first_day,
        lead(effective_from) over (partition by account_id order by effective_from) - 1 as last_day,
        scheme,
        currency,
        billing.currency_digits(currency) as digits,
        vat_rate,
        valuation,
        recharge_tolerance,
        tier_mode,
        tier_scope,
        minimum_monthly,
        payment_days
    from term

)

select * from final
