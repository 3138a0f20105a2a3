-- One row per prepaid account that has used more units than it had and not been served since, or that was paid back units that had been
-- used, or a usage that is not there, at the build's instant (CHARGING 15, 21, 23).
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
        state
    from checkpoints
    order by account_id, day desc

),

waiting as (

    select
        newest.account_id,
        shortfall.at,
        shortfall.units,
        0 as refunded,
        0 as reversals
    from newest
    cross join lateral unnest((newest.state).shortfalls) as shortfall

    union all

    select
        newest.account_id,
        claim.at,
        0 as units,
        coalesce(claim.units, 0) as refunded,
        case claim.kind when 'reversal' then 1 else 0 end as reversals
    from newest
    cross join lateral unnest((newest.state).claims) as claim

),

final as (

    select
        accounts.account,
        min(waiting.at) as since,
        sum(waiting.units)::bigint as units,
        accounts.account_id,
        sum(waiting.refunded)::bigint as refunded,
        sum(waiting.reversals)::bigint as reversals
    from waiting
    inner join accounts
        on waiting.account_id = accounts.account_id
    group by accounts.account, accounts.account_id

)

select * from final
