-- One row per thing that an event of a prepaid account did to a lot, in both valuations (CHARGING 17-24).

{{ config(
    materialized='incremental',
    incremental_strategy='renew',
    meta={'renewed_by': 'event_day'},
    indexes=[{'columns': ['account_id', 'event_day']}, {'columns': ['account_id', 'sent_day']}],
    pre_hook="{{ by_index() }}"
) }}

-- depends_on: {{ ref('int_stale') }}
with

fold as (

    select * from {{ ref('int_prepaid_fold') }}

),

final as (

    select
        fold.account_id,
        fold.n,
        movement.m,
        fold.event_day,
        fold.sent_day,
        movement.kind,
        movement.at,
        movement.key,
        movement.lot,
        movement.units,
        movement.deferred,
        movement.blended_deferred,
        movement.against,
        movement.blended_against,
        movement.vat
    from fold
    cross join lateral unnest(fold.movements) with ordinality as movement (
        kind, at, key, lot, units, deferred, blended_deferred, against, blended_against, vat, m
    )

)

select * from final
