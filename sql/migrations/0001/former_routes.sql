-- What a connector took until its routes were changed: messages that were accepted before may wait for them to come back.

-- [routes that a connector had]: until they were replaced.
create table dispatch.former_routes (
    former_routes_id bigint generated always as identity primary key,
    connector_id integer not null references dispatch.connector,
    routes jsonb not null,
    replaced_at timestamptz not null default clock_timestamp()
);
create index on dispatch.former_routes (replaced_at);
comment on column dispatch.former_routes.routes is 'As dispatch.connector.routes.';

create function dispatch.keep_former_routes() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into dispatch.former_routes (connector_id, routes) values (old.connector_id, old.routes);
    return null;
end
$$;

create trigger keep_former_routes after update on dispatch.connector
for each row when (old.bind <> 'receiver' and (old.routes <> new.routes or new.bind = 'receiver'))
execute function dispatch.keep_former_routes();
