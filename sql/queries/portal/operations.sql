-- What operators look at beside `outbound status`: kill switches, sessions, the trail of who did what.

-- stops --
select
    stop.stop_id,
    coalesce(account.name, connector.name) as what,
    case
        when stop.account_id is not null then 'account'
        when stop.connector_id is not null then 'connector'
        else 'platform'
    end as kind,
    stop.reason,
    stop.stopped_by,
    stop.stopped_at
from dispatch.stop
left join account.account using (account_id)
left join dispatch.connector using (connector_id)
order by stop.stopped_at;

-- names --
select name, 'account' as kind
from account.account
union all
select name, 'connector'
from dispatch.connector
order by kind, name;

-- sessions --
-- What became of the sessions with carriers: binds, losses and their reasons.
select
    event.session_event_id,
    event.at,
    connector.name as connector,
    epoch.worker,
    event.session,
    event.kind,
    event.reason,
    event.last_answered_at
from dispatch.session_event as event
join dispatch.connector using (connector_id)
join dispatch.epoch using (epoch_id)
where event.kind <> 'counters'
  and (%(connector)s::text is null or connector.name = %(connector)s::text);

-- audit --
select
    audit.audit_id,
    audit.at,
    audit.actor,
    audit.os_user,
    audit.action,
    account.name as account,
    audit.object,
    audit.detail::text as detail
from account.audit
left join account.account using (account_id)
where (%(actor)s::text is null or audit.actor = %(actor)s::text)
  and (%(action)s::text is null or audit.action like %(action)s::text || '%%');
