-- Files as they arrived, what their rows were found to be, and the campaigns made of them.

create table intake.file (
    file_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    kind text not null check (kind in ('campaign', 'base', 'optout')),
    name text not null,
    size bigint not null check (size >= 0),
    modified_ns bigint not null,
    sha256 bytea not null check (length(sha256) = 32),
    manifest jsonb,
    manifest_error text,
    batch_ref text,
    snapshot text not null,
    version text not null default '',
    completed_by text not null check (completed_by in ('marker', 'rename', 'stability', 'bucket', 'command')),
    stable_at timestamptz not null,
    claimed_at timestamptz not null default now(),
    state text not null default 'claimed' check (state in ('claimed', 'answered')),
    outcome text check (outcome in ('accepted', 'partial', 'rejected', 'held', 'duplicate')),
    ack jsonb,
    answered_at timestamptz,
    delivered_at timestamptz,
    archived_at timestamptz,
    check ((state = 'answered') = (outcome is not null and ack is not null and answered_at is not null))
);
-- one drop is claimed once however often it is seen, until it is out of the way; what lies there then is a new drop
create unique index on intake.file (
    account_id, kind, name, sha256, modified_ns, version, md5(coalesce(manifest::text, manifest_error, '')))
    where archived_at is null;
create index on intake.file (account_id) where archived_at is null and completed_by <> 'command';
create index on intake.file (account_id, kind, name);
create index on intake.file (account_id, sha256);
comment on column intake.file.name is 'The name its sender gave it, as data: any characters, any length.';
comment on column intake.file.snapshot is 'Path of the copy that is read, below the home''s snapshots folder.';
comment on column intake.file.modified_ns is 'When its store says that it was last written, in the resolution of the store.';
comment on column intake.file.version is 'What else tells one drop from the next: a folder''s ctime, a bucket''s ETag, nothing on SFTP.';
comment on column intake.file.archived_at is 'When it was found to be out of the landing zone''s way; null: not yet, or a command read it where it lies.';
comment on column intake.file.manifest_error is 'Why its manifest cannot be read; null where it can, or there is none.';
comment on column intake.file.completed_by is 'How it was known to be complete: X.done, a rename, two looks, a bucket''s way, or a person who named it.';
comment on column intake.file.delivered_at is 'When the answer as it stands in ack was put into results/; null while it has to be.';

-- Held because its end may be missing: the whole file takes its place (INTAKE, MAYBE_TRUNCATED).
create function intake.may_be_truncated(file intake.file) returns boolean
language sql immutable as $$
    select coalesce(file.outcome = 'held' and file.ack -> 'codes' -> 0 ->> 'code' = 'MAYBE_TRUNCATED', false)
$$;

-- [answer that a later one replaced]: its file was taken again, because what was wrong with it is mended.
create table intake.file_event (
    file_event_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    file_id bigint not null references intake.file,
    at timestamptz not null default clock_timestamp(),
    kind text not null check (kind = 'reprocessed'),
    actor text not null,
    reason text,
    outcome text not null check (outcome in ('rejected', 'held', 'duplicate')),
    ack jsonb not null
);
create index on intake.file_event (file_id);
comment on column intake.file_event.ack is 'The answer until then. The file has the one that counts.';

-- [folder and look]: the files, not taken yet, that it was the first to see as they are: the first of two looks. Also X.part, to see
-- its rename. A row a file would cost a look into 100 folders of 10,000 files twice the time that listing them takes.
create table intake.sighting (
    sighting_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    kind text not null check (kind in ('campaign', 'base', 'optout')),
    seen_at timestamptz not null default now(),
    waits boolean not null,
    names text[] not null,
    sizes bigint[] not null,
    modified_ns bigint[] not null,
    check (cardinality(names) > 0 and cardinality(names) = cardinality(sizes) and cardinality(names) = cardinality(modified_ns))
);
create index on intake.sighting (account_id);
comment on column intake.sighting.waits is 'Something follows once they have been at rest long enough.';

-- [account]: the listing of its landing zone with which a look left nothing to do but to wait.
create table intake.look (
    account_id bigint primary key references account.account,
    listing bytea not null
);
comment on column intake.look.listing is 'A digest: the same one means that nothing there has changed.';

-- [manifest that came after its file was claimed]. No reference to the file: its row is locked while its rows are checked, and
-- a note that would stop it must not wait for that.
create table intake.late_manifest (
    file_id bigint not null,
    sha256 bytea not null check (length(sha256) = 32),
    account_id bigint not null references account.account,
    holds boolean not null,
    noticed_at timestamptz not null default clock_timestamp(),
    answered_at timestamptz,
    primary key (file_id, sha256)
);
comment on column intake.late_manifest.holds is 'Nothing of the file was sent when it came: the campaign stands still until a person releases it.';
comment on column intake.late_manifest.answered_at is 'When results/ said so; null while it has to.';

-- Two sequences, because partitions of dispatch.message are ranges of campaign_id: small campaigns share a range, a large one has its own.
create sequence intake.small_campaign minvalue 1 maxvalue 999999999999;
create sequence intake.large_campaign minvalue 1000000000000;

-- A campaign's states and their transitions; the trigger below keeps to them.
create table intake.transition (
    from_state text not null,
    to_state text not null,
    meaning text not null,
    primary key (from_state, to_state)
);
insert into intake.transition values
    ('validated', 'held', 'a gate, the balance or an approval stopped it; nothing is queued'),
    ('validated', 'accepted', 'queued in one transaction with its reservation'),
    ('validated', 'rejected', 'no row can be sent'),
    ('held', 'accepted', 'what held it is settled'),
    ('held', 'rejected', 'a person refused it'),
    ('accepted', 'paused', 'stopped by its sender or an operator; can go on'),
    ('paused', 'accepted', 'goes on'),
    ('accepted', 'cancelled', 'what was not sent will not be'),
    ('paused', 'cancelled', 'what was not sent will not be'),
    ('accepted', 'completed', 'every message is final or its 72 h are over'),
    ('cancelled', 'completed', 'every message that was sent is final');

create table intake.campaign (
    campaign_id bigint primary key,
    account_id bigint not null references account.account,
    file_id bigint not null references intake.file,
    state text not null default 'validated'
        check (state in ('validated', 'held', 'rejected', 'accepted', 'paused', 'cancelled', 'completed')),
    name text not null,
    sender text not null,
    class text not null default 'informational' check (class in ('informational', 'promotional')),
    options jsonb not null default '{}',
    rows integer not null check (rows >= 0),
    messages integer not null check (messages >= 0),
    segments bigint not null check (segments >= messages),
    received_at timestamptz not null,
    scheduled_at timestamptz,
    ends_at timestamptz,
    validity interval not null default '24 hours' check (validity > '0' and validity <= '72 hours'),
    spread interval check (spread > '0'),
    rate integer check (rate > 0),
    window_opens time,
    window_closes time,
    quiet_hours text[] not null default '{}',
    opens_at timestamptz,
    closes_at timestamptz,
    units_until timestamptz,
    eligible_at timestamptz,
    held_code text,
    held_detail text,
    landing_table text,
    created_at timestamptz not null default now(),
    accepted_at timestamptz,
    dispatched_at timestamptz,
    completed_at timestamptz,
    texts_removed_at timestamptz,
    numbers_removed_at timestamptz,
    check ((state = 'held') = (held_code is not null)),
    check (state not in ('accepted', 'paused', 'completed') or accepted_at is not null),
    check ((window_opens is null) = (window_closes is null) and window_opens <> window_closes),
    check ((opens_at is null) = (closes_at is null) and opens_at < closes_at),
    check (opens_at is null or window_opens is not null or quiet_hours <> '{}'),
    check (quiet_hours = '{}' or class = 'promotional')
);
create index on intake.campaign (account_id, created_at);
create index on intake.campaign (account_id, coalesce(completed_at, 'infinity'));
create index on intake.campaign (file_id);
-- a file is one campaign; one that was refused and is taken again is another
create unique index on intake.campaign (file_id) where state <> 'rejected';
create index on intake.campaign (closes_at) where state in ('accepted', 'paused');
create index on intake.campaign (units_until) where state in ('accepted', 'paused');
comment on column intake.campaign.spread is 'Over which time it goes, evenly; null: as fast as it may.';
comment on column intake.campaign.rate is 'Segments a second at most, over all workers and connectors; null: no limit of its own.';
comment on column intake.campaign.window_opens is 'Its daily window, on the clocks of its account; null: at any time.';
comment on column intake.campaign.quiet_hours is
    'Like 21:00-09:00, on the clocks of its account: closed in these even where its daily window is open. Fixed when it is queued.';
comment on column intake.campaign.opens_at is 'The opening that lasts or comes next, till closes_at. Dispatch moves it on.';
comment on column intake.campaign.units_until is
    'From when on its account''s units do not suffice for what is unsent of it (CHARGING 15); null: it relies on none.';
comment on column intake.campaign.options is 'Manifest over account defaults, as they were used.';
comment on column intake.campaign.eligible_at is 'The latest of received, scheduled, approved, quiet hours'' end, resumed (SLA).';
comment on column intake.campaign.landing_table is 'Where validated rows wait for acceptance; null once queued or rejected.';
comment on column intake.campaign.texts_removed_at is 'By retention; so are the numbers, of which a keyed hash stays.';
comment on column intake.campaign.dispatched_at is 'When nothing of it was left to send.';

-- A campaign's state as dispatch sees it: `closed` is an accepted one outside its daily window, in quiet hours, or whose units expire.
-- Quiet hours and the expiry stop it two seconds before: a worker looks once a second, and has then written what it intended.
create function intake.standing(campaign intake.campaign) returns text
language sql stable as $$
    select case
        when campaign.state = 'accepted' and not (
            now() >= campaign.opens_at
            and now() < campaign.closes_at - case when campaign.quiet_hours = '{}' then interval '0' else interval '2 seconds' end
        ) then 'closed'
        when campaign.state = 'accepted'
            and campaign.dispatched_at is null
            and campaign.units_until - interval '2 seconds' <= now() then 'closed'
        else campaign.state
    end
$$;

create function intake.keep_to_transitions() returns trigger language plpgsql as $$
begin
    if new.state <> old.state and not exists (
        select from intake.transition where from_state = old.state and to_state = new.state
    ) then
        raise exception 'campaign % cannot go from % to %', old.campaign_id, old.state, new.state
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end
$$;
create trigger keep_to_transitions before update of state on intake.campaign
    for each row execute function intake.keep_to_transitions();

create table intake.campaign_event (
    campaign_event_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    campaign_id bigint not null references intake.campaign,
    at timestamptz not null default clock_timestamp(),
    kind text not null check (kind in (
        'received', 'validated', 'held', 'released', 'accepted', 'rejected', 'approved', 'paused', 'resumed',
        'cancelled', 'closed', 'first_submission', 'dispatched', 'completed', 'reported')),
    cause text,
    detail jsonb not null default '{}'
);
create index on intake.campaign_event (campaign_id);
comment on column intake.campaign_event.kind is 'closed: its daily window or quiet hours stopped it (cause) before all of it was sent.';

-- What the gate judges: one row a campaign, counts only.
create table intake.profile (
    campaign_id bigint primary key references intake.campaign,
    account_id bigint not null references account.account,
    rows integer not null,
    accepted integer not null,
    rejected integer not null,
    skipped integer not null default 0,
    reasons jsonb not null,
    not_in_base integer not null,
    distinct_numbers integer not null,
    segments bigint not null,
    max_segments integer not null,
    gsm_messages integer not null,
    ucs2_messages integer not null,
    reject_ratio numeric(9, 6) not null,
    not_in_base_ratio numeric(9, 6) not null,
    screened jsonb not null default '{}',
    zones jsonb not null,
    countries text[] not null,
    base_is_empty boolean not null,
    base_version bigint not null,
    gate_passed boolean,
    gate_result jsonb,
    judged_at timestamptz,
    check (rows = accepted + rejected)
);
comment on column intake.profile.skipped is 'Hidden rows and sheets of a workbook; none of the rows.';
comment on column intake.profile.zones is 'Accepted segments by zone.';
comment on column intake.profile.countries is 'That accepted messages go to.';
comment on column intake.profile.screened is 'Entries of the content screen, and how many accepted messages hold each.';
comment on column intake.profile.base_version is 'Of the base that the rows were checked against, 0 if there was none: another one is a reason to look again.';

-- The platform's lists of words and links that hold a campaign (INTAKE, CONTENT_SCREEN); accounts add their own.
create table intake.content_screen (
    kind text not null check (kind in ('word', 'link')),
    entry text not null check (entry <> ''),
    primary key (kind, entry)
);

-- No foreign keys: a file may have millions, and each would be looked up.
create table intake.reject (
    account_id bigint not null,
    file_id bigint not null,
    line integer not null check (line >= 1),
    reason text not null,
    first_line integer,
    primary key (file_id, line),
    check ((reason = 'DUPLICATE') = (first_line is not null))
);
comment on table intake.reject is 'A file''s line that is not sent, and why. The row itself stays in the snapshot: no number and no text is kept here.';
