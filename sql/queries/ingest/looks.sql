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
select kind, name, size, modified_ns, waits, now() - seen_at
from intake.sighting
where account_id = %(account)s;

-- forget_sightings --
-- What is not there any more.
delete from intake.sighting
using unnest(%(kinds)s::text[], %(names)s::text[]) as gone (kind, name)
where sighting.account_id = %(account)s
  and sighting.kind = gone.kind
  and sighting.name = gone.name;

-- note_sightings --
-- The time of the first look stays as long as the file stays as it was.
insert into intake.sighting (account_id, kind, name, size, modified_ns, waits)
select %(account)s, kind, name, size, modified_ns, waits
from unnest(%(kinds)s::text[], %(names)s::text[], %(sizes)s::bigint[], %(modified_ns)s::bigint[], %(waits)s::boolean[])
    as seen (kind, name, size, modified_ns, waits)
on conflict (account_id, kind, name) do update
set size = excluded.size,
    modified_ns = excluded.modified_ns,
    waits = excluded.waits,
    seen_at = case
        when (sighting.size, sighting.modified_ns) = (excluded.size, excluded.modified_ns) then sighting.seen_at
        else now()
    end;
