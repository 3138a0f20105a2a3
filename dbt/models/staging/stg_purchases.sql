-- One row per purchase of units, at its activation.

{{ config(materialized='incremental', indexes=[{'columns': ['purchase_id'], 'unique': true}, {'columns': ['read_below']}]) }}

with

{{ new_facts(
    source('account', 'purchase'),
    columns=['purchase_id', 'account_id', 'business_key', 'at', 'units', 'rate', 'is_history'],
    key=['purchase_id']
) }}

select * from final
