-- One row per message whose unsent segments were given up, and why.

{{ config(materialized='incremental', indexes=[{'columns': ['campaign_id', 'ordinal'], 'unique': true}, {'columns': ['read_below']}]) }}

with

{{ new_facts(
    source('dispatch', 'dropped'),
    columns=['account_id', 'campaign_id', 'ordinal', 'segments', 'reason', 'at'],
    key=['campaign_id', 'ordinal']
) }}

select * from final
