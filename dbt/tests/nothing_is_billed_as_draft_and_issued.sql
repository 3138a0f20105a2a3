-- A month or a purchase is on drafts or on issued invoices, never on both (CHARGING 29).

select
    account_id,
    month,
    purchase_id
from {{ ref('invoice_lines') }}
group by account_id, month, purchase_id
having count(distinct status) > 1
