-- One row per account and local day of submission: segments that the log has as accepted, segments charged, and units that the
-- prepaid ledger or the postpaid rating took in. They agree, or the books do not.

with

recount as (

    select * from {{ ref('int_recount') }}

),

rated as (

    select * from {{ ref('int_rated_usage') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

counted as (

    select
        account_id,
        day,
        accepted,
        charged,
        past,
        ledger_units
    from recount

    union all

    select
        account_id,
        sent_day as day,
        0 as accepted,
        0 as charged,
        0 as past,
        sum(quantity) as ledger_units
    from rated
    group by account_id, sent_day

),

summed as (

    select
        account_id,
        day,
        sum(accepted)::bigint as accepted,
        sum(charged)::bigint as charged,
        sum(past)::bigint as past,
        sum(ledger_units)::bigint as ledger_units
    from counted
    group by account_id, day

),

final as (

    select
        accounts.account,
        summed.day,
        summed.accepted,
        summed.charged,
        summed.past,
        summed.ledger_units,
        summed.accepted = summed.charged
        and summed.charged + summed.past = summed.ledger_units as agrees,
        summed.account_id
    from summed
    inner join accounts
        on summed.account_id = accounts.account_id

)

select * from final
