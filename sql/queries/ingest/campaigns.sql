-- Campaigns on their way from a file to the queue.

-- next_small_campaign --
select nextval('intake.small_campaign');

-- next_large_campaign --
select nextval('intake.large_campaign');

-- base --
-- The version of an account's base, 0 where it never had one, and whether the base is empty.
select coalesce(max(version), 0), coalesce(max(members), 0) = 0
from account.base_version
where account_id = %(account)s;

-- add_campaign --
with campaign as (
    insert into intake.campaign (
        campaign_id, account_id, file_id, name, sender, class, options, rows, messages, segments, received_at, scheduled_at,
        ends_at, validity, spread, rate, window_opens, window_closes, landing_table)
    values (
        %(campaign)s, %(account)s, %(file)s, %(name)s, %(sender)s, %(class)s, %(options)s, %(rows)s, %(messages)s, %(segments)s,
        %(received_at)s, %(scheduled_at)s, %(ends_at)s, %(validity)s, %(spread)s, %(rate)s,
        %(window_opens)s, %(window_closes)s, %(landing)s)
    returning account_id, campaign_id, received_at
)

insert into intake.campaign_event (account_id, campaign_id, at, kind)
select account_id, campaign_id, received_at, 'received'
from campaign
union all
select account_id, campaign_id, clock_timestamp(), 'validated'
from campaign;

-- content_screen --
select kind, entry
from intake.content_screen
order by kind, entry;

-- add_profile --
insert into intake.profile (
    campaign_id, account_id, rows, accepted, rejected, skipped, reasons, not_in_base, distinct_numbers, segments, max_segments,
    gsm_messages, ucs2_messages, reject_ratio, not_in_base_ratio, screened, zones, countries, base_is_empty, base_version)
values (
    %(campaign)s, %(account)s, %(rows)s, %(accepted)s, %(rejected)s, %(skipped)s, %(reasons)s, %(not_in_base)s, %(distinct_numbers)s,
    %(segments)s, %(max_segments)s, %(gsm_messages)s, %(ucs2_messages)s, %(reject_ratio)s, %(not_in_base_ratio)s,
    %(screened)s, %(zones)s, %(countries)s, %(base_is_empty)s, %(base_version)s);

-- forget_rejects --
delete from intake.reject
where file_id = %(file)s;

-- forget_profile --
delete from intake.profile
where campaign_id = %(campaign)s;

-- options --
-- What it was checked with, and goes out with.
select options, sender
from intake.campaign
where campaign_id = %(campaign)s;

-- recount --
update intake.campaign
set messages = %(messages)s,
    segments = %(segments)s
where campaign_id = %(campaign)s;

-- reject --
with campaign as (
    update intake.campaign
    set state = 'rejected',
        held_code = null,
        held_detail = null,
        landing_table = null
    where campaign_id = %(campaign)s
    returning account_id, campaign_id
),

event as (
    insert into intake.campaign_event (account_id, campaign_id, kind, cause)
    select account_id, campaign_id, 'rejected', %(cause)s
    from campaign
    returning campaign_id
)

select pg_notify('outbound_campaign', campaign_id::text)
from event;

-- of_file --
-- The campaign of a file; the latest of those that were refused, where there is no other.
select campaign_id, state
from intake.campaign
where file_id = %(file)s
order by state = 'rejected', created_at desc
limit 1;

-- lock_campaign --
select campaign_id
from intake.campaign
where campaign_id = %(campaign)s
for update;

-- campaign --
select
    campaign_id, account_id, file_id, state, name, sender, class, options, rows, messages, segments, received_at, scheduled_at,
    ends_at, validity, spread, window_opens, window_closes, held_code, held_detail, accepted_at
from intake.campaign
where campaign_id = %(campaign)s;

-- profile --
select *
from intake.profile
where campaign_id = %(campaign)s;

-- set_gate --
update intake.profile
set gate_passed = %(passed)s,
    gate_result = %(result)s,
    judged_at = clock_timestamp()
where campaign_id = %(campaign)s;

-- held --
select campaign_id, file_id, held_code
from intake.campaign
where state = 'held'
order by campaign_id;

-- is_base_newer --
-- Whether the base of a campaign that does not fit it has changed since the rows were checked.
select profile.base_version is distinct from coalesce(known.version, 0)
from intake.profile
join intake.campaign using (campaign_id)
left join account.base_version as known on known.account_id = profile.account_id
where campaign_id = %(campaign)s
  and campaign.held_code = 'BASE_MISMATCH';

-- approved --
-- What a person has let pass.
select distinct cause
from intake.campaign_event
where campaign_id = %(campaign)s
  and kind = 'approved';

-- hold_of --
select account_id, file_id, state, held_code, options ->> 'submitted_by'
from intake.campaign
where campaign_id = %(campaign)s
for update;

-- role_in --
-- What a person is in an account; no row where they are nobody there, or were shut out.
select role
from account.person
where account_id = %(account)s
  and lower(email) = lower(%(email)s)
  and not exists (
    select
    from portal.login
    where login.person_id = person.person_id
      and not login.is_active
);

-- sent_since --
-- A later file of the same bytes, or of the same name where this one may be truncated, that was sent or still may be: its sender did
-- what the hold asks for.
select later.file_id
from intake.campaign
join intake.file using (file_id)
join intake.file as later
    on later.account_id = file.account_id
    and later.kind = file.kind
    and (later.sha256 = file.sha256 or later.name = file.name and intake.may_be_truncated(file))
    and later.file_id > file.file_id
    and coalesce(later.outcome, '') not in ('rejected', 'duplicate')
where campaign.campaign_id = %(campaign)s
limit 1;

-- approve --
insert into intake.campaign_event (account_id, campaign_id, kind, cause, detail)
select account_id, campaign_id, 'approved', %(code)s, jsonb_build_object('by', %(actor)s::text, 'reason', %(reason)s::text)
from intake.campaign
where campaign_id = %(campaign)s;

-- hold --
-- The event is written when the reason is a new one.
with before as (
    select campaign_id, held_code
    from intake.campaign
    where campaign_id = %(campaign)s
),

campaign as (
    update intake.campaign
    set state = 'held',
        held_code = %(code)s,
        held_detail = %(detail)s
    where campaign_id = %(campaign)s
    returning account_id, campaign_id
)

insert into intake.campaign_event (account_id, campaign_id, kind, cause)
select campaign.account_id, campaign.campaign_id, 'held', %(code)s
from campaign
join before using (campaign_id)
where before.held_code is distinct from %(code)s;

-- progress --
select campaign_id, state
from intake.campaign
where campaign_id = any(%(campaigns)s);

-- profile_reasons --
select rows, reasons
from intake.profile
where campaign_id = %(campaign)s;
