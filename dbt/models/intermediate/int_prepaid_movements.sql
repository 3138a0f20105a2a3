-- One row per thing that an event of a prepaid account did to a lot, in both valuations (CHARGING 17-24).

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
