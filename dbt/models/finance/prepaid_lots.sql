-- One row per lot of prepaid units as it stands at the build's instant, in both valuations (CHARGING 7-24).
-- Merged lots stay, empty, beside the lot that succeeded them.
-- depends_on: {{ ref('int_prepaid_fold') }}, which keeps the checkpoints

with

checkpoints as (

    select * from {{ source('billing', 'prepaid_checkpoint') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

newest as (

    select distinct on (account_id)
        account_id,
        digits,
        state
    from checkpoints
    order by account_id, day desc

),

lots as (

    select
        newest.account_id,
        newest.digits,
        lot.lot,
        lot.opened_at,
        lot.last_valid_day,
        lot.expires_at,
        lot.rate,
        lot.paid,
        lot.remaining,
        lot.lapsed,
        lot.base,
        lot.base_units,
        lot.state,
        lot.successor
    from newest
    cross join lateral unnest((newest.state).lots) as lot

),

final as (

    select
        accounts.account,
        lots.lot,
        lots.opened_at,
        lots.last_valid_day,
        lots.rate,
        lots.remaining,
        case
            when lots.state = 'merged' then 'merged'
            when lots.lapsed > 0 then 'lapsed'
            when lots.remaining = 0 then 'used'
            else 'open'
        end as state,
        billing.carrying_value(lots.remaining, lots.rate, lots.digits) as carrying_value,
        billing.blended_value(lots.remaining, lots.base, lots.base_units, lots.digits) as blended_value,
        lots.account_id,
        lots.expires_at,
        lots.paid as is_paid,
        lots.lapsed,
        lots.successor,
        {{ currency_on('lots.account_id', local_day('lots.opened_at', 'accounts.timezone')) }} as currency
    from lots
    inner join accounts
        on lots.account_id = accounts.account_id

)

select * from final
