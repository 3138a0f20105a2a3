-- One row per finding about an attempt in doubt: accepted by proof, unknown at its time limit, not sent by proof of silence.

{{ config(
    materialized='incremental',
    indexes=[{'columns': ['campaign_id', 'ordinal', 'segment', 'attempt', 'state'], 'unique': true}, {'columns': ['read_below']}]
) }}

with

{{ new_facts(
    source('dispatch', 'settlement'),
    columns=['account_id', 'campaign_id', 'ordinal', 'segment', 'attempt', 'state', 'proof', 'settled_at'],
    key=['campaign_id', 'ordinal', 'segment', 'attempt', 'state']
) }}

select * from final
