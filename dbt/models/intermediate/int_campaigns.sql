-- One row per accepted campaign: the month it counts in, when that month's figures freeze (SLA, windows), up to when it is known, what
-- its account's contracted rate allows it to wait (SLA S4, S5), and whether all of it is made anew by this build: it is new, it has
-- changed, or the build's instant moved over what was read before.
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

contracted_rates as (

    select * from {{ ref('stg_contracted_rates') }}

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

-- at the contracted rate an account's campaigns go one after the other: how long each takes, and how long all before it do
agreed as (

    select
        campaigns.*,
        contracted_rates.effective_from as rate_from,
        contracted_rates.rate as contracted_rate,
        extract(epoch from campaigns.eligible_at) as eligible_second,
        sum(campaigns.segments::numeric / contracted_rates.rate) over (
            partition by campaigns.account_id, contracted_rates.effective_from
            order by campaigns.eligible_at, campaigns.campaign_id
        ) as seconds_with_it
    from campaigns
    inner join accounts
        on campaigns.account_id = accounts.account_id
    left join contracted_rates
        on campaigns.account_id = contracted_rates.account_id
        and {{ local_day('campaigns.eligible_at', 'accounts.timezone') }} >= contracted_rates.effective_from
        and (
            contracted_rates.effective_to is null
            or {{ local_day('campaigns.eligible_at', 'accounts.timezone') }} < contracted_rates.effective_to
        )

),

lined_up as (

    select
        *,
        seconds_with_it - segments::numeric / contracted_rate as seconds_before
    from agreed

),

-- the first instant from which all before it would have gone without a gap
begun as (

    select
        *,
        max(eligible_second - seconds_before) over (partition by account_id, rate_from order by eligible_at, campaign_id) as since_second
    from lined_up

),

queued as (

    select
        *,
        eligible_at
        + interval '1 second' * round(coalesce(since_second + seconds_before - eligible_second, 0), 6)::double precision as turn_at,
        greatest(
            interval '1 second' * round(segments::numeric / least(contracted_rate, own_rate), 6)::double precision, spread
        ) as takes
    from begun

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
    from queued as campaigns
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
        messages,
        segments,
        asked_at,
        coalesce(put_off_by, 'nothing') as put_off_by,
        turn_at,
        coalesce(takes, interval '0') as takes,
        takes is not null as is_limited,
        case when closed_at <= least(as_of, frozen_at) then closed_at else 'infinity' end as closed_at,
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
        or (defined.asked_at, defined.put_off_by, defined.turn_at, defined.takes, defined.closed_at)
        <> (before.asked_at, before.put_off_by, before.turn_at, before.takes, before.closed_at)
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
        messages,
        segments,
        asked_at,
        put_off_by,
        turn_at,
        takes,
        is_limited,
        closed_at,
        last_fact_at,
        is_stale,
        is_newly_mature
    from compared
    where is_changed
        or is_stale

)

select * from final
