-- What an operator or the platform itself says about sending now: kill switches.

-- [kill switch that is on]: of one account, of one connector, of the whole platform where it names neither.
create table dispatch.stop (
    stop_id bigint generated always as identity primary key,
    account_id bigint references account.account,
    connector_id integer references dispatch.connector,
    reason text not null check (reason <> ''),
    stopped_by text not null,
    stopped_at timestamptz not null default clock_timestamp(),
    unique nulls not distinct (account_id, connector_id),
    check (account_id is null or connector_id is null)
);
comment on table dispatch.stop is 'Lifted by removing the row; account.audit tells who stopped and resumed what.';

-- Whether nothing may be sent of this account over this connector. A null asks for the platform and the other one only.
create function dispatch.is_stopped(account bigint, connector integer) returns boolean
language sql stable as $$
    select exists (
        select
        from dispatch.stop
        where (stop.account_id is null and stop.connector_id is null)
           or stop.account_id = account
           or stop.connector_id = connector
    )
$$;
