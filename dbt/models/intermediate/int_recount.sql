-- One row per account and local day of submission: segments that the log has as accepted, counted anew from it, each on the day that it
-- is charged for, or else that of its first accepted attempt; segments charged, units of the loaded past, and units that the
-- prepaid ledger took in. Days that nothing has come to stay as they were counted.

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    indexes=[{'columns': ['account_id', 'day'], 'unique': true}],
    pre_hook=["{{ by_index() }}", "{{ forget_recounted() }}"]
) }}

with

attempts as (

    {{ recounted_rows(ref('int_attempts_accepted'), 'sent_at') | indent(4) }}

),

charges as (

    {{ recounted_rows(ref('charges'), 'sent_at') | indent(4) }}

),

past_usage as (

    {{ recounted_rows(ref('stg_past_usage'), 'at') | indent(4) }}

),

movements as (

    {{ recounted_rows(ref('int_prepaid_movements'), 'sent_day') | indent(4) }}

),

all_attempts as (

    select * from {{ ref('int_attempts_accepted') }}

),

all_charges as (

    select * from {{ ref('charges') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

logged as (

    select
        attempts.account_id,
        attempts.campaign_id,
        attempts.ordinal,
        attempts.segment,
        {{ local_day('attempts.sent_at', 'accounts.timezone') }} as day,
        min(attempts.sent_at) as sent_at
    from attempts
    inner join accounts
        on attempts.account_id = accounts.account_id
    cross join watermark
    where attempts.sent_at <= watermark.as_of
    group by
        attempts.account_id,
        attempts.campaign_id,
        attempts.ordinal,
        attempts.segment,
        {{ local_day('attempts.sent_at', 'accounts.timezone') }}

),

compared as (

    select
        logged.*,
        charges.account_id is not null as is_charged_that_day
    from logged
    left join charges
        on logged.account_id = charges.account_id
        and logged.campaign_id = charges.campaign
        and logged.ordinal = charges.ordinal
        and logged.segment = charges.segment
        and logged.day = charges.sent_day

),

-- few if any: second attempts of a segment, and what the charges miss
odd as (

    select compared.*
    from compared
    where not compared.is_charged_that_day

),

first_and_uncharged as (

    select
        odd.account_id,
        odd.day
    from odd
    cross join watermark
    left join lateral (
        select 1 as found
        from all_charges
        where all_charges.account_id = odd.account_id
            and all_charges.campaign = odd.campaign_id
            and all_charges.ordinal = odd.ordinal
            and all_charges.segment = odd.segment
        limit 1
    ) as charge on true
    left join lateral (
        select 1 as found
        from all_attempts
        where all_attempts.account_id = odd.account_id
            and all_attempts.campaign_id = odd.campaign_id
            and all_attempts.ordinal = odd.ordinal
            and all_attempts.segment = odd.segment
            and all_attempts.sent_at < odd.sent_at
            and all_attempts.sent_at <= watermark.as_of
        limit 1
    ) as earlier on true
    where charge.found is null
        and earlier.found is null

),

counted as (

    select
        account_id,
        day,
        count(*) as accepted,
        0 as charged,
        0 as past,
        0 as ledger_units
    from compared
    where is_charged_that_day
    group by account_id, day

    union all

    select
        account_id,
        day,
        count(*) as accepted,
        0 as charged,
        0 as past,
        0 as ledger_units
    from first_and_uncharged
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
    where kind in ('usage', 'late_usage', 'shortfall')
    group by account_id, sent_day

),

final as (

    select
        account_id,
        day,
        sum(accepted)::bigint as accepted,
        sum(charged)::bigint as charged,
        sum(past)::bigint as past,
        sum(ledger_units)::bigint as ledger_units
    from counted
    group by account_id, day

)

select * from final
