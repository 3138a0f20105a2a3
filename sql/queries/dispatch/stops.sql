-- Kill switches: what is stopped, by whom and why.

-- account --
select account_id
from account.account
where name = %(name)s;

-- connector --
select connector_id
from dispatch.connector
where name = %(name)s;

-- stop --
-- Nothing where it is stopped already.
insert into dispatch.stop (account_id, connector_id, reason, stopped_by)
values (%(account)s, %(connector)s, %(reason)s, %(actor)s)
on conflict do nothing
returning stop_id;

-- resume --
delete from dispatch.stop
where account_id is not distinct from %(account)s
  and connector_id is not distinct from %(connector)s
returning reason, stopped_by, stopped_at;

-- wake --
notify outbound_dispatch;

-- stops --
select
    case
        when stop.account_id is not null then 'account ' || account.name
        when stop.connector_id is not null then 'connector ' || connector.name
        else 'the platform'
    end as stopped,
    stop.reason,
    stop.stopped_by,
    stop.stopped_at
from dispatch.stop
left join account.account using (account_id)
left join dispatch.connector using (connector_id)
order by stop.stop_id;
