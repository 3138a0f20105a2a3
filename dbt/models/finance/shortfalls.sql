-- One row per prepaid account that has used more units than it had and not been served since, at the build's instant (CHARGING 15).
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

final as (

    select
        accounts.account,
        min(shortfall.at) as since,
        sum(shortfall.units)::bigint as units,
        accounts.account_id
    from newest
    inner join accounts
        on newest.account_id = accounts.account_id
    cross join lateral unnest((newest.state).shortfalls) as shortfall
    group by accounts.account, accounts.account_id

)

select * from final
