-- Which operator a number belongs to, whether we reach it, and the zone it is priced by.

create table network.network (
    network_id integer generated always as identity primary key,
    prefix text not null check (prefix ~ '^[1-9][0-9]{0,14}$'),
    operator text not null,
    country text not null check (country ~ '^[A-Z]{2}$'),
    zone text not null,
    covered boolean not null default true,
    requires_sender_approval boolean not null default false,
    receipts boolean not null default true,
    retired_at timestamptz
);
create unique index on network.network (prefix) where retired_at is null;
comment on column network.network.requires_sender_approval is
    'Its operator lets no sender through that is not approved for it by name.';
comment on column network.network.receipts is 'False: it tells of no delivery, and SLA S10 expects none.';
comment on column network.network.prefix is 'E.164 digits without +; the longest that matches a number wins.';
comment on column network.network.retired_at is 'When its operator lost the prefix. The row stays, for messages accepted before name it; no new one does.';

-- [ported number]: an override of its prefix. Its network is the operator's in the country, as far as there is one.
create table network.portability (
    msisdn bigint primary key check (msisdn between 1000000 and 999999999999999),
    operator text not null,
    country text not null check (country ~ '^[A-Z]{2}$')
);
create index on network.portability (operator, country);

-- Which network stands for an operator in a country: a covered one, of the shortest prefix.
create view network.of_operator as
    select distinct on (operator, country) operator, country, network_id
    from network.network
    where retired_at is null
    order by operator, country, covered desc, length(prefix), prefix;

-- Local times in which no promotional message goes to a country, or for a sender from there (INTAKE, Quiet hours).
create table network.quiet_hours (
    country text primary key check (country ~ '^[A-Z]{2}$'),
    hours text not null check (hours ~ '^[0-9]{1,2}:[0-9]{2}-[0-9]{1,2}:[0-9]{2}$')
);

-- The zones that an order's units are valid for: the one it names, else those of the account, else the home country's (INTAKE).
create function account.order_zones(of_account bigint, named text) returns text[]
language sql stable as $$
    select coalesce(
        case when named is not null then array[named] end,
        (
            select array_agg(zone)
            from account.account, jsonb_array_elements_text(
                case when jsonb_typeof(defaults -> 'zones') = 'array' then defaults -> 'zones' end) as zone
            where account_id = of_account
        ),
        (
            select array_agg(distinct network.zone order by network.zone)
            from account.account
            join network.network on network.country = account.default_region
            where account.account_id = of_account
              and network.retired_at is null
        ),
        '{}'
    )
$$;
