-- One role a stage. Stages serve every tenant and bypass row-level security (COPY FROM does not work under it);
-- the web's role never does. Roles belong to the cluster: they are created once and shared by its databases.

do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('outbound_ingest', 'bypassrls'),
            ('outbound_dispatch', 'bypassrls'),
            ('outbound_billing', 'bypassrls'),
            ('outbound_dbt', 'bypassrls'),
            ('outbound_reporting', 'bypassrls'),
            ('outbound_operator', 'bypassrls'),
            ('outbound_doorman', 'bypassrls'),
            ('outbound_web', 'nobypassrls')
        ) as role (name, isolation)
    loop
        if not exists (select from pg_roles where rolname = wanted.name) then
            begin
                execute format('create role %I nologin %s', wanted.name, wanted.isolation);
            exception when duplicate_object or unique_violation then
                null; -- another database of the cluster was migrated at the same moment
            end;
        end if;
    end loop;
end
$$;

create schema account;
create schema network;
create schema intake;
create schema dispatch;
create schema billing;
