-- One row per payment received.

{{ config(materialized='incremental', indexes=[{'columns': ['payment_id'], 'unique': true}, {'columns': ['read_below']}]) }}

with

{{ new_facts(
    source('account', 'payment'),
    columns=['payment_id', 'account_id', 'business_key', 'at', 'amount', 'withheld', 'certificate', 'invoice_id', 'order_id', 'reference', 'is_history'],
    key=['payment_id']
) }}

select * from final
