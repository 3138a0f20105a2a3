-- One row per attempt to submit a segment, as it was logged.

{{ config(
    materialized='incremental',
    indexes=[
        {'columns': ['campaign_id', 'ordinal', 'segment', 'attempt'], 'unique': true},
        {'columns': ['read_below']},
        {'columns': ['account_id', 'sent_at']}
    ]
) }}

with

{{ new_facts(
    source('dispatch', 'submission'),
    columns=['account_id', 'campaign_id', 'ordinal', 'segment', 'attempt', 'state', 'transient', 'command_status', 'connector_id', 'network_id', 'zone',
             'sent_at', 'answered_at'],
    key=['campaign_id', 'ordinal', 'segment', 'attempt']
) }}

select * from final
