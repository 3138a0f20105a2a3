-- What was seen in a landing zone at earlier looks.

-- looks --
-- Of each account: the listing that left nothing to do, and how long what waits has been at rest.
select
    look.account_id,
    look.listing,
    (
        select now() - min(sighting.seen_at)
        from intake.sighting
        where sighting.account_id = look.account_id
          and sighting.waits
    ) as waited
from intake.look;

-- lock_looks --
-- One process at a time takes files of an account; the other one leaves them to it.
select pg_try_advisory_lock(hashtext('intake.look'), hashint8(%(account)s));

-- unlock_looks --
select pg_advisory_unlock(hashtext('intake.look'), hashint8(%(account)s));

-- note_look --
insert into intake.look (account_id, listing)
values (%(account)s, %(listing)s)
on conflict (account_id) do update
set listing = excluded.listing;

-- forget_look --
delete from intake.look
where account_id = %(account)s;

-- sightings --
select sighting_id, kind, now() - seen_at, names, sizes, modified_ns
from intake.sighting
where account_id = %(account)s;

-- forget_sighting --
delete from intake.sighting
where sighting_id = %(sighting)s;

-- shorten_sighting --
update intake.sighting
set names = %(names)b, sizes = %(sizes)b, modified_ns = %(modified_ns)b
where sighting_id = %(sighting)s;

-- note_sighting --
insert into intake.sighting (account_id, kind, waits, names, sizes, modified_ns)
values (%(account)s, %(kind)s, %(waits)s, %(names)b::text[], %(sizes)b::bigint[], %(modified_ns)b::bigint[]);
