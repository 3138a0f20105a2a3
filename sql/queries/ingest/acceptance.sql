-- From validated rows to the queue, in one transaction. {landing} is the campaign's own table.

-- ensure_partition --
select dispatch.ensure_message_partition(%(campaign)s);

-- lock_reservations --
-- One campaign of an account at a time is measured against its balance; a statement of its own, so that the next one
-- sees what the one before has reserved.
select pg_advisory_xact_lock(hashtext('account.reservation'), hashint8(%(account)s));

-- available --
-- What the account may still promise, now and when the campaign starts: units that expire before then are none.
select least(
    billing.available_units(%(account)s, now()),
    billing.available_units(%(account)s, greatest(now(), %(at)s)));

-- limited_by --
-- What the balance of a postpaid account ends at: the lower one of its limits.
select case when billing.cap_units(%(account)s, instant) <= coalesce(billing.credit_units(%(account)s, instant), 9223372036854775807)
    then 'monthly cap' else 'credit limit' end
from (values (now()), (greatest(now(), %(at)s))) as moment (instant)
order by billing.available_units(%(account)s, instant) nulls last
limit 1;

-- used_today --
-- Segments that were queued since the local day began, and when the account was set up.
select
    coalesce((
        select sum(segments)
        from intake.campaign
        where campaign.account_id = account.account_id
          and accepted_at >= %(since)s), 0)::bigint,
    account.created_at
from account.account
where account_id = %(account)s;

-- affordable --
-- The last message, in file order, up to which the balance goes.
select max(ordinal)
from (
    select ordinal, sum(segments) over (order by ordinal) as needed
    from {landing}
) as running
where needed <= %(available)s;

-- leave_out --
with left_out as (
    delete from {landing}
    where ordinal > %(last)s
    returning line
)

insert into intake.reject (account_id, file_id, line, reason)
select %(account)s, %(file)s, line, 'NO_BALANCE'
from left_out;

-- leave_out_unapproved --
-- Whose network lets the sender through no more.
with left_out as (
    delete from {landing}
    where network_id not in (select network_id from network.network where operator = any (%(operators)s::text[]))
    returning line
)

insert into intake.reject (account_id, file_id, line, reason)
select %(account)s, %(file)s, line, 'SENDER_NOT_APPROVED'
from left_out;

-- leave_out_capped --
-- Who has had enough messages since the rows were checked.
with left_out as (
    delete from {landing}
    where msisdn in (
        select msisdn
        from dispatch.frequent_recipients(%(account)s, %(class)s, %(days)s, %(messages)s, %(at)s))
    returning line
)

insert into intake.reject (account_id, file_id, line, reason)
select %(account)s, %(file)s, line, 'FREQUENCY_CAP'
from left_out;

-- number_apart --
-- Ordinals have no gaps. In two steps, so that no two messages have the same one meanwhile.
update {landing} as message
set ordinal = 1000000000 + numbered.n
from (select ordinal, row_number() over (order by ordinal) as n from {landing}) as numbered
where message.ordinal = numbered.ordinal;

-- number_anew --
update {landing}
set ordinal = ordinal - 1000000000;

-- landed_size --
select count(*), coalesce(sum(segments), 0)
from {landing};

-- landed_zones --
select zone, sum(segments)
from {landing}
group by zone;

-- insert_messages --
insert into dispatch.message (
    campaign_id, ordinal, account_id, line, msisdn, text, encoding, segments, network_id, zone)
select campaign_id, ordinal, account_id, line, msisdn, text, encoding, segments, network_id, zone
from {landing};

-- attach_messages --
select dispatch.attach_messages(%(landing)s::regclass, %(campaign)s);

-- accept --
-- A campaign that was held becomes eligible when what held it is settled: it waited for its customer. And not before its
-- daily window opens and quiet hours are over.
with campaign as (
    update intake.campaign
    set eligible_at = greatest(received_at, scheduled_at, case when state = 'held' then now() end, %(opens_at)s),
        opens_at = %(opens_at)s,
        closes_at = %(closes_at)s,
        quiet_hours = %(quiet_hours)s,
        state = 'accepted',
        held_code = null,
        held_detail = null,
        landing_table = null,
        accepted_at = now()
    from (select held_code as was_held from intake.campaign where campaign_id = %(campaign)s) as before
    where campaign_id = %(campaign)s
    returning account_id, campaign_id, before.was_held
)

insert into intake.campaign_event (account_id, campaign_id, kind, cause)
select account_id, campaign_id, 'released', was_held
from campaign
where was_held is not null
union all
select account_id, campaign_id, 'accepted', null
from campaign;

-- add_batches --
-- The validity of what is spread counts from its own time.
insert into dispatch.batch (account_id, campaign_id, first_ordinal, size, priority, not_before, expires_at)
select
    account_id,
    campaign_id,
    cut.first_ordinal,
    cut.size,
    case class when 'informational' then 100 else 200 end,
    cut.not_before,
    least(greatest(eligible_at, case when spread is not null then cut.not_before end) + validity, ends_at)
from intake.campaign
cross join unnest(%(firsts)s::integer[], %(sizes)s::integer[], %(not_before)s::timestamptz[]) as cut (first_ordinal, size, not_before)
where campaign_id = %(campaign)s;

-- add_reservation --
-- Stamped in the account's turn: who comes first there is served first.
insert into account.reservation (campaign_id, account_id, segments, reserved_at)
select campaign_id, account_id, segments, clock_timestamp()
from intake.campaign
where campaign_id = %(campaign)s;

-- note_units --
-- How long the units last that it relies on.
select billing.renew_units_until(%(account)s);

-- wake_dispatch --
select pg_notify('outbound_dispatch', '');

-- has_balance --
-- Whether a held campaign is worth another try: its balance suffices, or is not nil where a part of it may go.
select coalesce(
    units.available >= case campaign.options ->> 'on_insufficient_balance' when 'partial' then 1 else campaign.segments end, true)
from intake.campaign
cross join lateral (
    select least(
        billing.available_units(campaign.account_id, now()),
        billing.available_units(campaign.account_id, greatest(now(), campaign.scheduled_at))) as available
) as units
where campaign.campaign_id = %(campaign)s
  and campaign.state = 'held';
