-- One row per legal entity: its documents' months and the days of what carriers cost are those of its time zone.

with

legal_entity as (

    select
        legal_entity_id,
        name as legal_entity,
        timezone
    from {{ source('account', 'legal_entity') }}

),

final as (

    select * from legal_entity

)

select * from final
