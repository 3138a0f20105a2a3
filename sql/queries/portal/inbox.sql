-- What subscribers answered to a customer's addresses.

-- replies --
select
    inbox.reply_id as reply, reply.received_at, reply.msisdn, reply.destination, reply.raw,
    case when reply.is_stop then 'stop' else 'answer' end as kind
from dispatch.inbox
join dispatch.reply using (reply_id)
where reply.msisdn is not distinct from coalesce(%(number)s::bigint, reply.msisdn)
  and reply.is_stop = coalesce(%(kind)s = 'stop', reply.is_stop);
