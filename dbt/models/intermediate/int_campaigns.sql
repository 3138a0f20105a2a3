-- One row per accepted campaign: the month it counts in, when that month's figures freeze (SLA, windows), up to when it is known,
-- and whether all of it is made anew by this build: it is new, it has changed, or the build's instant moved over what was read before.
-- Only rows that change are written.

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='campaign_id',
    pre_hook="{{ seek() }}",
    indexes=[{'columns': ['campaign_id'], 'unique': true}]
) }}

with

campaigns as (

    select * from {{ ref('stg_campaigns') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

closed_periods as (

    select * from {{ ref('stg_closed_periods') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

last_build as (

    {{ last_build_failed(source('billing', 'build')) }}

),

facts as (

    select
        campaign_id,
        sent_at as at,
        read_below
    from {{ ref('stg_submissions') }}

    union all

    select
        campaign_id,
        settled_at as at,
        read_below
    from {{ ref('stg_settlements') }}

    union all

    select
        campaign_id,
        at,
        read_below
    from {{ ref('stg_dropped') }}

    union all

    select
        campaign_id,
        received_at as at,
        read_below
    from {{ ref('stg_receipts') }}

),

fresh as (

    select
        campaign_id,
        max(at) as last_fact_at
    from facts
    {% if is_incremental() %}
        where read_below > (select horizon_before from watermark)
    {% endif %}
    group by campaign_id

),

dated as (

    select
        campaigns.*,
        accounts.account,
        to_char(campaigns.eligible_at at time zone accounts.timezone, 'YYYY-MM') as month,
        billing.day_start(
            ({{ local_month('campaigns.eligible_at', 'accounts.timezone') }} + interval '1 month')::date, accounts.timezone
        ) + interval '72 hours' as frozen_at,
        watermark.as_of
    from campaigns
    inner join accounts
        on campaigns.account_id = accounts.account_id
    cross join watermark

),

-- the parts that its rows are made of: any change of them makes all of its rows anew
defined as (

    select
        account_id,
        account,
        campaign_id,
        validity,
        eligible_at,
        month,
        frozen_at,
        least(as_of, frozen_at) as known_until,
        eligible_at <= as_of as is_due,
        coalesce(cancelled_at <= least(as_of, frozen_at), false) as is_cancelled,
        eligible_at + interval '72 hours' <= as_of as is_mature
    from dated

),

before as (

    {% if is_incremental() %}
        select * from {{ this }}
    {% else %}
        select
            defined.*,
            null::timestamptz as last_fact_at,
            false as is_stale,
            false as is_newly_mature
        from defined
        where false
    {% endif %}

),

-- a charge of late usage is there from the end of the closed month on (CHARGING 16)
crossed as (

    select distinct before.campaign_id
    from before
    inner join defined
        on before.campaign_id = defined.campaign_id
    inner join closed_periods
        on before.account_id = closed_periods.account_id
        and closed_periods.ends_at > least(before.known_until, defined.known_until)
        and closed_periods.ends_at <= greatest(before.known_until, defined.known_until)

),

compared as (

    select
        defined.*,
        greatest(before.last_fact_at, fresh.last_fact_at) as last_fact_at,
        before.campaign_id is null
        or (last_build.is_unfinished and before.is_stale)
        or (defined.account, defined.validity, defined.eligible_at, defined.frozen_at, defined.is_due, defined.is_cancelled)
        <> (before.account, before.validity, before.eligible_at, before.frozen_at, before.is_due, before.is_cancelled)
        -- facts that were read before lie between the two instants; going back, also what had waited 72 hours
        or coalesce(defined.known_until > before.known_until and before.last_fact_at > before.known_until, false)
        or coalesce(
            defined.known_until < before.known_until and before.last_fact_at + interval '72 hours' > defined.known_until, false
        )
        or crossed.campaign_id is not null as is_stale,
        before.is_mature is null
        or before.is_mature <> defined.is_mature
        or (last_build.is_unfinished and before.is_newly_mature) as is_newly_mature,
        before.campaign_id is null
        or before.known_until <> defined.known_until
        or before.is_mature <> defined.is_mature
        or before.is_stale
        or before.is_newly_mature
        or fresh.campaign_id is not null as is_changed
    from defined
    cross join last_build
    left join before
        on defined.campaign_id = before.campaign_id
    left join fresh
        on defined.campaign_id = fresh.campaign_id
    left join crossed
        on defined.campaign_id = crossed.campaign_id

),

final as (

    select
        account_id,
        account,
        campaign_id,
        validity,
        eligible_at,
        month,
        frozen_at,
        known_until,
        is_due,
        is_cancelled,
        is_mature,
        last_fact_at,
        is_stale,
        is_newly_mature
    from compared
    where is_changed
        or is_stale

)

select * from final
