-- Which operator a number belongs to, whether we reach it, and the zone it is priced by.

create table network.network (
    network_id integer generated always as identity primary key,
    prefix text not null unique check (prefix ~ '^[1-9][0-9]{0,14}$'),
    operator text not null,
    country text not null check (country ~ '^[A-Z]{2}$'),
    zone text not null,
    covered boolean not null default true
);
comment on column network.network.prefix is 'E.164 digits without +; the longest that matches a number wins.';
