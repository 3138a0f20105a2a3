-- One row per account.

with

account as (

    select * from {{ source('account', 'account') }}

),

final as (

    select
        account_id,
        legal_entity_id,
        name as account,
        timezone,
        created_at
    from account

)

select * from final
