-- One row per receipt that found its attempt.

{{ config(
    materialized='incremental',
    indexes=[{'columns': ['receipt_id'], 'unique': true}, {'columns': ['campaign_id', 'ordinal']}, {'columns': ['read_below']}]
) }}

with

{{ new_facts(
    source('dispatch', 'receipt_match'),
    columns=['receipt_id', 'received_at', 'account_id', 'campaign_id', 'ordinal', 'segment', 'attempt', 'state', 'final', 'error_code',
             'done_at', 'matched_at'],
    key=['receipt_id']
) }}

select * from final
