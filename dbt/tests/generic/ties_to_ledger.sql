{# Summed for each account, the amounts are the balance of one account of the ledger: nothing is missing, nothing fans out. #}
{% test ties_to_ledger(model, amount, ledger_account) %}
with

told as (

    select
        account_id,
        sum({{ amount }}) as amount
    from {{ model }}
    group by account_id

),

booked as (

    select
        account_id,
        sum(debit - credit) as amount
    from {{ ref('ledger_entries') }}
    where ledger_account like '{{ ledger_account }} %'
    group by account_id

)

select
    account_id,
    told.amount as told,
    booked.amount as booked
from told
full join booked
    using (account_id)
where coalesce(told.amount, 0) <> coalesce(booked.amount, 0)
{% endtest %}
