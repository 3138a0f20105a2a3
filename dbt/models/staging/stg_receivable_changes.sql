-- One row per payment that was taken back, payout or write-off.

{{ config(materialized='incremental', indexes=[{'columns': ['receivable_change_id'], 'unique': true}, {'columns': ['read_below']}]) }}

with

{{ new_facts(
    source('account', 'receivable_change'),
    columns=['receivable_change_id', 'account_id', 'business_key', 'kind', 'at', 'amount', 'withheld', 'payment_id', 'invoice_id',
        'reference', 'reason', 'recorded_by', 'recorded_at'],
    key=['receivable_change_id']
) }}

select * from final
