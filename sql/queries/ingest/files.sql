-- Files: claimed, answered, archived.

-- lock_claims --
-- One claim of an account at a time, so that their ids come in the order of their commits: whoever looks for an earlier
-- file of the same bytes or name then finds every one there is.
select pg_advisory_xact_lock(hashtext('intake.file'), hashint8(%(account)s));

-- claim --
-- Nothing where the same drop was claimed before.
insert into intake.file (
    account_id, kind, name, size, modified_ns, version, sha256, manifest, manifest_error, batch_ref, snapshot, completed_by,
    stable_at)
values (
    %(account)s, %(kind)s, %(name)s, %(size)s, %(modified_ns)s, %(version)s, %(sha256)s, %(manifest)s, %(manifest_error)s,
    %(batch_ref)s, %(snapshot)s, %(completed_by)s, now())
on conflict do nothing
returning file_id;

-- claimed_before --
select file_id
from intake.file
where account_id = %(account)s
  and kind = %(kind)s
  and name = %(name)s
  and sha256 = %(sha256)s
  and modified_ns = %(modified_ns)s
  and version = %(version)s
  and archived_at is null
  and md5(coalesce(manifest::text, manifest_error, '')) = md5(coalesce(%(manifest)s::jsonb::text, %(manifest_error)s, ''));

-- not_archived --
-- Claimed from the landing zone, and not known to be out of its way.
select file_id, kind, name, size, modified_ns, version, coalesce(manifest::text, manifest_error) is not null as has_manifest
from intake.file
where account_id = %(account)s
  and archived_at is null
  and completed_by <> 'command';

-- archived --
update intake.file
set archived_at = clock_timestamp()
where file_id = any(%(files)s);

-- unanswered --
select file_id
from intake.file
where state = 'claimed'
order by file_id;

-- file --
select
    file_id, account_id, kind, name, size, sha256, manifest, manifest_error, batch_ref, snapshot, completed_by, stable_at,
    claimed_at, state, outcome, ack
from intake.file
where file_id = %(file)s;

-- lock_file --
-- One process works on a file at a time; the next one sees what the first has committed.
select file_id
from intake.file
where file_id = %(file)s
for update;

-- same_content --
-- An earlier campaign file of the same bytes that was not refused; whether its batch_ref is another one. One that may be
-- truncated is no earlier one: the whole file takes its place.
select min(file_id)
from intake.file as earlier
where account_id = %(account)s
  and kind = 'campaign'
  and sha256 = %(sha256)s
  and file_id < %(file)s
  and coalesce(outcome, '') not in ('rejected', 'duplicate')
  and not intake.may_be_truncated(earlier)
  and (%(batch_ref)s::text is null or exists (
    select
    from intake.file as used
    where used.account_id = %(account)s
      and used.kind = 'campaign'
      and used.file_id < %(file)s
      and coalesce(used.outcome, '') not in ('rejected', 'duplicate')
      and used.batch_ref = %(batch_ref)s));

-- same_name --
-- An earlier campaign file of the same name and other bytes that was not refused, where the batch_ref is not a new one; nor one
-- that may be truncated.
select min(file_id)
from intake.file as earlier
where account_id = %(account)s
  and kind = 'campaign'
  and name = %(name)s
  and sha256 <> %(sha256)s
  and file_id < %(file)s
  and coalesce(outcome, '') not in ('rejected', 'duplicate')
  and not intake.may_be_truncated(earlier)
  and (%(batch_ref)s::text is null or exists (
    select
    from intake.file as used
    where used.account_id = %(account)s
      and used.kind = 'campaign'
      and used.file_id < %(file)s
      and coalesce(used.outcome, '') not in ('rejected', 'duplicate')
      and used.batch_ref = %(batch_ref)s));

-- answer --
update intake.file
set state = 'answered',
    outcome = %(outcome)s,
    ack = %(ack)s,
    answered_at = coalesce(answered_at, clock_timestamp()),
    delivered_at = null
where file_id = %(file)s
  and (outcome, ack) is distinct from (%(outcome)s, %(ack)s::jsonb);

-- delivered --
update intake.file
set delivered_at = clock_timestamp()
where file_id = %(file)s;

-- undelivered --
-- Answers that a process decided and did not live to put into results/.
select file_id
from intake.file
where state = 'answered'
  and delivered_at is null
order by file_id;

-- options_used --
-- Of the last campaign that was made of a file.
select options
from intake.campaign
where file_id = %(file)s
order by created_at desc
limit 1;

-- rejects --
select line, reason, first_line
from intake.reject
where file_id = %(file)s
order by line;
