-- SLA figures of months whose 72 h are over: frozen as they were then, and never restated (SLA).

create schema report;

-- [account, month, metric]: a row of operations.sla as it stood when its month was frozen.
create table report.sla_figure (
    account_id bigint not null references account.account,
    month text not null check (month ~ '^\d{4}-(0[1-9]|1[0-2])$'),
    metric text not null,
    raw numeric,
    adjusted numeric,
    exclusions jsonb not null,
    target numeric,
    state text not null,
    good bigint not null,
    counted bigint not null,
    excluded bigint not null,
    at_least numeric,
    at_most numeric,
    budget_left numeric,
    frozen_at timestamptz not null default now(),
    primary key (account_id, month, metric)
);

-- [month, connector, error code]: what receipts' errors meant when the month was first frozen; its messages keep to that.
create table report.sla_error (
    month text not null,
    connector text not null,
    error_code text not null,
    class text not null,
    primary key (month, connector, error_code)
);

-- [account, month] whose document was put into the account's results folder.
create table report.sla_delivery (
    account_id bigint not null references account.account,
    month text not null,
    delivered_at timestamptz not null default now(),
    primary key (account_id, month)
);

do $$
declare
    frozen text;
begin
    foreach frozen in array array['sla_figure', 'sla_error', 'sla_delivery'] loop
        execute format('create trigger never_changes before update or delete on report.%I
            for each row execute function account.refuse_change()', frozen);
        execute format('create trigger never_truncated before truncate on report.%I
            for each statement execute function account.refuse_change()', frozen);
        execute format('alter table report.%I enable always trigger never_changes', frozen);
        execute format('alter table report.%I enable always trigger never_truncated', frozen);
    end loop;
end
$$;
