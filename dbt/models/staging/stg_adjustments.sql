-- One row per grant, refund or reversal.

{{ config(materialized='incremental', indexes=[{'columns': ['adjustment_id'], 'unique': true}, {'columns': ['read_below']}]) }}

with

{{ new_facts(
    source('account', 'adjustment'),
    columns=['adjustment_id', 'account_id', 'business_key', 'kind', 'at', 'units', 'usage_key', 'net', 'is_history', 'reason',
        'recorded_by', 'recorded_at'],
    key=['adjustment_id']
) }}

select * from final
