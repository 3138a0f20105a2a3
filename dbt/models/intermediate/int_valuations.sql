-- One row per account: the valuation that posts, fixed at its first close, before that the one of its terms (CHARGING 24).

{{ config(materialized='view') }}

with

accounts as (

    select * from {{ ref('stg_accounts') }}

),

terms as (

    select * from {{ ref('stg_terms') }}

),

closed_periods as (

    select * from {{ ref('stg_closed_periods') }}

),

fixed as (

    select distinct on (account_id)
        account_id,
        valuation
    from closed_periods
    where valuation is not null
    order by account_id, month

),

final as (

    select
        accounts.account_id,
        coalesce(fixed.valuation, terms.valuation) as valuation
    from accounts
    inner join terms
        on accounts.account_id = terms.account_id
        and terms.last_day is null
    left join fixed
        on accounts.account_id = fixed.account_id

)

select * from final
