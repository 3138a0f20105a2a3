-- One row per account that came from another system: what it brought along.

{{ config(materialized='incremental', indexes=[{'columns': ['opening_id'], 'unique': true}, {'columns': ['read_below']}]) }}

with

{{ new_facts(
    source('account', 'opening'),
    columns=['opening_id', 'account_id', 'business_key', 'at', 'receivable'],
    key=['opening_id']
) }}

select * from final
