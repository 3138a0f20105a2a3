-- One row per account, connector and local day of submission that a carrier's statement tells of: segments that our log has as accepted,
-- that are charged, and that the carrier has on its statements too. Of a day that statements tell of in part, only that part counts.

with

counts as (

    select *
    from {{ ref('int_sent_counts') }}
    where told > 0

),

statements as (

    select * from {{ ref('stg_statements') }}

),

connectors as (

    select * from {{ ref('stg_connectors') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

told as (

    select
        connector_id,
        range_agg(tstzrange(since, until)) as times
    from statements
    where since is not null
    group by connector_id

),

summed as (

    select
        account_id,
        connector_id,
        sent_day as day,
        sum(told)::bigint as accepted,
        sum(told_charged)::bigint as charged,
        sum(stated)::bigint as stated
    from counts
    group by account_id, connector_id, sent_day

),

final as (

    select
        accounts.account,
        connectors.connector,
        summed.day,
        summed.accepted,
        summed.charged,
        summed.stated,
        summed.accepted = summed.charged and summed.accepted = summed.stated as agrees,
        told.times @> tstzrange(
            billing.day_start(summed.day, accounts.timezone), billing.day_start(summed.day + 1, accounts.timezone)
        ) as is_whole_day,
        summed.connector_id,
        summed.account_id
    from summed
    inner join accounts
        on summed.account_id = accounts.account_id
    inner join connectors
        on summed.connector_id = connectors.connector_id
    inner join told
        on summed.connector_id = told.connector_id

)

select * from final
