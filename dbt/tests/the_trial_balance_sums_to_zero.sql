-- Of each legal entity, month and currency the openings, what was posted and the closings balance (CHARGING, Ledger).

select
    legal_entity_id,
    month,
    currency,
    sum(opening) as opening,
    sum(debit - credit) as posted,
    sum(closing) as closing
from {{ ref('trial_balance') }}
group by legal_entity_id, month, currency
having sum(opening) <> 0
    or sum(debit - credit) <> 0
    or sum(closing) <> 0
