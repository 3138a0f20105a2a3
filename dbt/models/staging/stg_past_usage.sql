-- One row per record of what another system had submitted before this one took over.

{{ config(
    materialized='incremental',
    indexes=[{'columns': ['past_usage_id'], 'unique': true}, {'columns': ['read_below']}, {'columns': ['account_id', 'at']}]
) }}

with

{{ new_facts(
    source('account', 'past_usage'),
    columns=['past_usage_id', 'account_id', 'business_key', 'at', 'units', 'zone', 'recorded_at'],
    key=['past_usage_id']
) }}

select * from final
