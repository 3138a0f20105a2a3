-- One row per accepted campaign: the month it counts in, and when that month's figures freeze (SLA, windows).

{{ config(materialized='view') }}

with

campaigns as (

    select * from {{ ref('stg_campaigns') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

final as (

    select
        campaigns.account_id,
        campaigns.campaign_id,
        campaigns.state,
        campaigns.validity,
        campaigns.eligible_at,
        to_char(campaigns.eligible_at at time zone accounts.timezone, 'YYYY-MM') as month,
        billing.day_start(
            ({{ local_month('campaigns.eligible_at', 'accounts.timezone') }} + interval '1 month')::date, accounts.timezone
        ) + interval '72 hours' as frozen_at
    from campaigns
    inner join accounts
        on campaigns.account_id = accounts.account_id

)

select * from final
