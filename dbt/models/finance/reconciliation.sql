-- One row per account and local day of submission: segments that the log has as accepted, segments charged, and units that the
-- prepaid ledger or the postpaid rating took in. They agree, or the books do not.

with

attempts as (

    select * from {{ ref('int_attempts_accepted') }}

),

charges as (

    select * from {{ ref('charges') }}

),

past_usage as (

    select * from {{ ref('stg_past_usage') }}

),

movements as (

    select *
    from {{ ref('int_prepaid_movements') }}
    where kind in ('usage', 'late_usage', 'shortfall')

),

rated as (

    select * from {{ ref('int_rated_usage') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

-- counted anew from the log, each segment on the day it is charged for, or else of its first accepted attempt
first_accepted as (

    select
        attempts.account_id,
        attempts.campaign_id,
        attempts.ordinal,
        attempts.segment,
        min(attempts.sent_at) as sent_at
    from attempts
    cross join watermark
    where attempts.sent_at <= watermark.as_of
    group by attempts.account_id, attempts.campaign_id, attempts.ordinal, attempts.segment

),

accepted as (

    select
        first_accepted.account_id,
        coalesce(charges.sent_day, {{ local_day('first_accepted.sent_at', 'accounts.timezone') }}) as day
    from first_accepted
    inner join accounts
        on first_accepted.account_id = accounts.account_id
    left join charges
        on first_accepted.account_id = charges.account_id
        and first_accepted.campaign_id = charges.campaign
        and first_accepted.ordinal = charges.ordinal
        and first_accepted.segment = charges.segment

),

counted as (

    select
        account_id,
        day,
        count(*) as accepted,
        0 as charged,
        0 as past,
        0 as ledger_units
    from accepted
    group by account_id, day

    union all

    select
        account_id,
        sent_day as day,
        0 as accepted,
        count(*) as charged,
        0 as past,
        0 as ledger_units
    from charges
    group by account_id, sent_day

    union all

    select
        past_usage.account_id,
        {{ local_day('past_usage.at', 'accounts.timezone') }} as day,
        0 as accepted,
        0 as charged,
        sum(past_usage.units) as past,
        0 as ledger_units
    from past_usage
    inner join accounts
        on past_usage.account_id = accounts.account_id
    cross join watermark
    where past_usage.at <= watermark.as_of
    group by past_usage.account_id, {{ local_day('past_usage.at', 'accounts.timezone') }}

    union all

    select
        account_id,
        sent_day as day,
        0 as accepted,
        0 as charged,
        0 as past,
        sum(abs(units)) as ledger_units
    from movements
    group by account_id, sent_day

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
