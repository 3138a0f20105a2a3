-- Row-level security: the web's role sees the rows of the account that its transaction names, and none without one.

create function account.current_account() returns bigint language sql stable as $$
    select nullif(current_setting('outbound.account', true), '')::bigint
$$;

do $$
declare
    tenant record;
begin
    for tenant in
        select table_schema, table_name
        from information_schema.columns
        join information_schema.tables using (table_schema, table_name)
        where column_name = 'account_id'
          and table_type = 'BASE TABLE'
          and table_schema in ('account', 'intake', 'dispatch', 'billing', 'report')
    loop
        execute format('alter table %I.%I enable row level security', tenant.table_schema, tenant.table_name);
        execute format('create policy own_rows on %I.%I for select to outbound_web using (account_id = account.current_account())',
            tenant.table_schema, tenant.table_name);
    end loop;
end
$$;
