-- Manifests that come after their files were claimed.

-- latest_claims --
-- Of each of these names the last file that was taken from the landing zone, and whether it had a manifest of its own.
select wanted.kind, wanted.name, latest.file_id, latest.has_manifest
from unnest(%(kinds)s::text[], %(names)s::text[]) as wanted (kind, name)
cross join lateral (
    select file_id, coalesce(manifest::text, manifest_error) is not null as has_manifest
    from intake.file
    where account_id = %(account)s
      and kind = wanted.kind
      and name = wanted.name
      and completed_by <> 'command'
    order by file_id desc
    limit 1
) as latest;

-- known --
select answered_at is not null
from intake.late_manifest
where file_id = %(file)s
  and sha256 = %(sha256)s;

-- lock_campaign --
select campaign_id, state
from intake.campaign
where file_id = %(file)s
for update;

-- pause_unsent --
select dispatch.pause_unsent(%(campaign)s);

-- note --
insert into intake.late_manifest (file_id, sha256, account_id, holds)
values (%(file)s, %(sha256)s, %(account)s, %(holds)s);

-- note_pause --
insert into intake.campaign_event (account_id, campaign_id, kind, cause, detail)
values (
    %(account)s, %(campaign)s, 'paused', 'customer',
    jsonb_build_object('by', 'intake', 'code', 'LATE_MANIFEST', 'reason', %(reason)s::text));

-- answered --
update intake.late_manifest
set answered_at = clock_timestamp()
where file_id = %(file)s
  and sha256 = %(sha256)s;

-- of_file --
select holds
from intake.late_manifest
where file_id = %(file)s
order by noticed_at desc
limit 1;

-- is_held_late --
select intake.is_held_late(campaign)
from intake.campaign
where campaign_id = %(campaign)s;

-- resume --
with campaign as (
    update intake.campaign
    set state = 'accepted',
        eligible_at = greatest(eligible_at, now())
    where campaign_id = %(campaign)s
    returning account_id, campaign_id
),

event as (
    insert into intake.campaign_event (account_id, campaign_id, kind, cause, detail)
    select account_id, campaign_id, 'resumed', 'customer',
        jsonb_build_object('by', %(actor)s::text, 'code', 'LATE_MANIFEST', 'reason', %(reason)s::text)
    from campaign
)

select dispatch.renew_validity(campaign_id), pg_notify('outbound_dispatch', '')
from campaign;
