{# Entries of months, documents and payments that are no longer what they were: a draft that grew, a build for another instant. #}
{% macro forget_changed_documents() %}
    {%- if is_incremental() -%}
    delete from {{ this }} as entry
    where kind in ('month_end', 'issue', 'void', 'credit', 'payment', 'payment_reversal', 'payout', 'write_off')
        and not exists (
            select
            from {{ ref('int_other_postings') }} as posting
            where posting.account_id = entry.account_id
                and posting.entry_kind || ':' || posting.entry_key = entry.entry
                and posting.ledger_account = entry.ledger_account
                and posting.at = entry.at
                and posting.amount = entry.debit - entry.credit
        )
    {%- endif -%}
{% endmacro %}
