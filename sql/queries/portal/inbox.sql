-- What subscribers answered to a customer's addresses.

-- replies --
select
    reply_id as reply, received_at, msisdn, destination, pdu, case when is_stop then 'stop' else 'answer' end as kind
from dispatch.inbox
where msisdn is not distinct from coalesce(%(number)s::bigint, msisdn)
  and is_stop = coalesce(%(kind)s = 'stop', is_stop);
