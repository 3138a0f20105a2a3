-- One row per build (the last good one, and this one), account and thing besides its facts that its figures rest on: its zone and
-- name, its terms, its rates, its valuation. Where the two builds differ, from_day is the first local day that comes out otherwise.

{{ config(materialized='incremental', pre_hook="{{ drop_other_bases() }}") }}

with

watermark as (

    select * from {{ ref('watermark') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

terms as (

    select * from {{ ref('stg_terms') }}

),

tiers as (

    select * from {{ ref('stg_rate_tiers') }}

),

valuations as (

    select * from {{ ref('int_valuations') }}

),

basis as (

    select
        account_id,
        'account' as what,
        '' as key,
        '-infinity'::date as from_day,
        concat_ws(' ', account, timezone) as content
    from accounts

    union all

    -- a month is billed by the terms of its last day
    select
        account_id,
        'term' as what,
        first_day::text as key,
        date_trunc('month', first_day)::date as from_day,
        concat_ws(' ', scheme, digits, vat_rate, recharge_tolerance, tier_mode, tier_scope) as content
    from terms

    union all

    select
        account_id,
        'rate' as what,
        concat_ws(' ', zone, card_from, from_unit) as key,
        card_from as from_day,
        concat_ws(' ', card_to, to_unit, rate) as content
    from tiers

    union all

    select
        account_id,
        'valuation' as what,
        '' as key,
        '-infinity'::date as from_day,
        valuation as content
    from valuations

),

final as (

    select
        watermark.build_id,
        basis.account_id,
        basis.what,
        basis.key,
        basis.from_day,
        basis.content,
        case when basis.what = 'account' then billing.fold_basis(basis.account_id, 'infinity') end as fold_basis
    from basis
    cross join watermark

)

select * from final
