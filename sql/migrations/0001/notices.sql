-- What a customer is told of its balance: every notice once, and what became of sending it.

alter table account.account add column notices jsonb not null default '{}';
comment on column account.account.notices is
    'When its people are told and who is: low_balance, used_percent, expiry_days, credit_percent, email, webhook, language; what is left out is the default.';

-- [crossing of a threshold; a lot and how long before its end]: raised once. facts: the figures as they were at that instant.
create table billing.notice (
    notice_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    kind text not null check (kind in ('low_balance', 'expiry', 'credit_limit', 'monthly_cap')),
    subject text not null,
    crossing integer not null default 1 check (crossing >= 1),
    facts jsonb not null,
    at timestamptz not null,
    recorded_at timestamptz not null default now(),
    unique (account_id, kind, subject, crossing),
    unique (account_id, notice_id),
    check (kind <> 'expiry' or crossing = 1)
);
comment on column billing.notice.subject is
    'low_balance: units, opening or the purchase counted from; expiry: LOT/DAYS; credit_limit: near or reached; monthly_cap: YYYY-MM/near or YYYY-MM/reached.';
comment on column billing.notice.crossing is 'Counts the times that the threshold was crossed: it is armed again once the balance is above it.';

-- [notice that holds no longer]: from then on the same threshold may be crossed again.
create table billing.notice_over (
    notice_id bigint primary key,
    account_id bigint not null,
    at timestamptz not null,
    foreign key (account_id, notice_id) references billing.notice (account_id, notice_id)
);

-- [notice, channel, recipient]: the outbox. Its id is what a recipient knows a repetition by.
create table billing.notice_delivery (
    delivery_id uuid primary key default gen_random_uuid(),
    notice_id bigint not null,
    account_id bigint not null,
    channel text not null check (channel in ('email', 'webhook')),
    recipient text not null,
    attempts integer not null default 0 check (attempts >= 0),
    next_try_at timestamptz not null default now(),
    sent_at timestamptz,
    given_up_at timestamptz,
    last_error text,
    unique (notice_id, channel, recipient),
    foreign key (account_id, notice_id) references billing.notice (account_id, notice_id),
    check (sent_at is null or given_up_at is null)
);
create index on billing.notice_delivery (next_try_at) where sent_at is null and given_up_at is null;
comment on column billing.notice_delivery.next_try_at is 'Moved on before each try, so that a process that dies in it leaves it to a later one.';

do $$
declare
    kept text;
begin
    foreach kept in array array['notice', 'notice_over'] loop
        execute format('create trigger never_changes before update or delete on billing.%I
            for each row execute function account.refuse_change()', kept);
        execute format('create trigger never_truncated before truncate on billing.%I
            for each statement execute function account.refuse_change()', kept);
        execute format('alter table billing.%I enable always trigger never_changes', kept);
        execute format('alter table billing.%I enable always trigger never_truncated', kept);
    end loop;
end
$$;

-- The door `billing.notices`: for the operator's export and list.
create view billing.notices as
select
    account.name as account,
    notice.at,
    notice.kind,
    notice.subject,
    notice.crossing,
    notice.facts,
    over.at as over_at,
    coalesce(delivery.sent, 0) as sent,
    coalesce(delivery.waiting, 0) as waiting,
    coalesce(delivery.given_up, 0) as given_up,
    delivery.last_error,
    notice.notice_id as notice
from billing.notice
join account.account using (account_id)
left join billing.notice_over as over using (account_id, notice_id)
left join lateral (
    select
        count(*) filter (where sent_at is not null) as sent,
        count(*) filter (where sent_at is null and given_up_at is null) as waiting,
        count(*) filter (where given_up_at is not null) as given_up,
        max(last_error) as last_error
    from billing.notice_delivery
    where notice_delivery.account_id = notice.account_id
      and notice_delivery.notice_id = notice.notice_id
) as delivery on true;
