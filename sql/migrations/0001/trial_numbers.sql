-- Numbers of the customer's own people, to whom a campaign may be shown before it goes (INTAKE, Trials).

create table account.trial_number (
    trial_number_id bigint generated always as identity unique,
    account_id bigint not null references account.account,
    msisdn bigint not null check (msisdn between 1000000 and 999999999999999),
    name text not null check (length(name) between 1 and 100),
    registered_by text not null,
    registered_at timestamptz not null default now(),
    primary key (account_id, msisdn)
);
comment on column account.trial_number.name is 'Whose it is, as the account calls them.';
