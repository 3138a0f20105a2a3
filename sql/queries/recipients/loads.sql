-- Networks and ported numbers, loaded from files: whole or not at all.

-- ported_without_network --
-- Ported numbers whose operator has no network any more: they are NOT_COVERED.
select count(*)
from network.portability
left join network.of_operator using (operator, country)
where of_operator.network_id is null;

-- make_incoming --
create temporary table incoming_ported (
    line bigint not null,
    msisdn bigint not null,
    operator text,
    country text,
    is_removed boolean not null
) on commit drop;

-- make_wanted --
-- Of several rows of a number the last one counts.
create temporary table wanted_ported on commit drop as
select distinct on (msisdn) msisdn, operator, country, is_removed
from incoming_ported
order by msisdn, line desc;

-- index_wanted --
create unique index on wanted_ported (msisdn);

-- analyze_wanted --
analyze wanted_ported;

-- wanted --
select count(*), coalesce(array_agg(distinct country), '{}')
from wanted_ported
where not is_removed;

-- remove_missing --
-- A full list is all of it, in the countries that it is about.
delete from network.portability
where country = any (%(countries)s)
  and not exists (select from wanted_ported where wanted_ported.msisdn = portability.msisdn);

-- remove_named --
delete from network.portability
using wanted_ported
where wanted_ported.msisdn = portability.msisdn
  and wanted_ported.is_removed;

-- change_ported --
update network.portability
set operator = wanted_ported.operator,
    country = wanted_ported.country
from wanted_ported
where wanted_ported.msisdn = portability.msisdn
  and not wanted_ported.is_removed
  and (portability.operator, portability.country) is distinct from (wanted_ported.operator, wanted_ported.country);

-- add_ported --
insert into network.portability (msisdn, operator, country)
select msisdn, operator, country
from wanted_ported
where not is_removed
order by msisdn
on conflict do nothing;
