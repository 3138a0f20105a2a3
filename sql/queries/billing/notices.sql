-- Notices: what a balance is, what was told of it, and the outbox of what is still to be sent.

-- accounts --
select account_id, name
from account.account
order by name;

-- take_turn --
-- Two checks of an account come one after the other: the second sees what the first told.
select pg_advisory_xact_lock(hashtext('billing.notice'), hashint8(%(account)s));

-- standing --
-- The terms of an instant and what they leave. held: what campaigns hold of a limit. Rates are the dearest, with and without VAT.
select
    owner.notices as settings,
    local.today,
    term.scheme,
    term.currency,
    term.recharge_tolerance as tolerance,
    free.units as available,
    term.credit_limit,
    term.monthly_cap,
    credit.units as credit_units,
    cap.units as cap_units,
    coalesce(least(credit.units, cap.units) - free.units, 0) as held,
    dearest.rate * (1 + term.vat_rate) as gross_rate,
    dearest.rate as net_rate,
    (select opening.at from account.opening where opening.account_id = owner.account_id and opening.at <= %(at)s) as opened_at
from account.account as owner
cross join lateral (select (%(at)s at time zone owner.timezone)::date as today) as local
cross join lateral account.term_on(owner.account_id, local.today) as term
cross join lateral (select billing.dearest_rate(owner.account_id, local.today) as rate) as dearest
cross join lateral (select billing.available_units(owner.account_id, %(at)s) as units offset 0) as free
left join lateral (select billing.credit_units(owner.account_id, %(at)s) as units where term.scheme = 'postpaid') as credit on true
left join lateral (select billing.cap_units(owner.account_id, %(at)s) as units where term.scheme = 'postpaid') as cap on true
where owner.account_id = %(account)s;

-- lots --
select lot, opened_at, last_valid_day, expires_at, paid, remaining, state, successor
from unnest((billing.prepaid_state_at(%(account)s, %(at)s)).lots) with ordinality as held (
    lot, opened_at, last_valid_day, expires_at, rate, paid, remaining, lapsed, base, base_units, base_version, state, successor, place)
order by place;

-- units_at --
select coalesce(sum(lot.remaining), 0)::bigint
from unnest((billing.prepaid_state_at(%(account)s, %(at)s)).lots) as lot;

-- latest --
-- What was told last of each subject, and whether that still holds.
select distinct on (notice.kind, notice.subject)
    notice.kind,
    notice.subject,
    notice.crossing,
    notice.notice_id,
    over.notice_id is null as is_open
from billing.notice
left join billing.notice_over as over using (account_id, notice_id)
where notice.account_id = %(account)s
order by notice.kind, notice.subject, notice.crossing desc;

-- tell --
insert into billing.notice (account_id, kind, subject, crossing, facts, at)
values (%(account)s, %(kind)s, %(subject)s, %(crossing)s, %(facts)s, %(at)s)
returning notice_id;

-- end --
insert into billing.notice_over (account_id, notice_id, at)
values (%(account)s, %(notice)s, %(at)s);

-- queue --
insert into billing.notice_delivery (account_id, notice_id, channel, recipient)
values (%(account)s, %(notice)s, %(channel)s, %(recipient)s);

-- people --
-- The account's settings and the addresses of its users who want this kind of notice and were not shut out.
select
    account.notices,
    account.language,
    coalesce((
        select array_agg(person.email order by person.email)
        from account.person
        where person.account_id = account.account_id
          and %(kind)s::text <> all (person.unwanted_notices)
          and not exists (
            select
            from portal.login
            where login.person_id = person.person_id
              and not login.is_active
        )), '{}') as users
from account.account
where account.account_id = %(account)s;

-- listed --
select notices.*, account.timezone
from billing.notices
join account.account on account.name = notices.account
where %(account)s::text is null or account.name = %(account)s
order by notices.at desc, notices.notice desc
limit %(limit)s;

-- give_up --
-- What was tried often enough, is too old to be news, or holds no longer.
update billing.notice_delivery as delivery
set given_up_at = now(),
    last_error = coalesce(case when over.notice_id is not null then 'it held no longer before it could be sent' end, delivery.last_error, 'too old')
from billing.notice
left join billing.notice_over as over using (account_id, notice_id)
where notice.account_id = delivery.account_id
  and notice.notice_id = delivery.notice_id
  and delivery.sent_at is null
  and delivery.given_up_at is null
  and delivery.next_try_at <= now()
  and (over.notice_id is not null or delivery.attempts >= %(attempts)s or notice.recorded_at < now() - make_interval(days => %(days)s));

-- claim --
-- The delivery that is due longest, for this process alone: its next try lies ahead by twice as much each time, by chance, and
-- by more than any conversation takes.
with

due as (

    select delivery_id
    from billing.notice_delivery
    where sent_at is null
      and given_up_at is null
      and next_try_at <= now()
      and channel <> all (%(without)s::text[])
      and recipient <> all (%(except)s::text[])
    order by next_try_at, delivery_id
    limit 1
    for update skip locked

),

claimed as (

    update billing.notice_delivery as delivery
    set attempts = delivery.attempts + 1,
        next_try_at = now() + least(interval '6 hours', interval '10 minutes' * power(2, delivery.attempts)) * (0.5 + random())
    from due
    where delivery.delivery_id = due.delivery_id
    returning delivery.*

)

select
    claimed.delivery_id::text as delivery,
    claimed.account_id,
    claimed.channel,
    claimed.recipient,
    claimed.attempts,
    notice.notice_id,
    notice.kind,
    notice.subject,
    notice.facts,
    notice.at,
    account.name as account
from claimed
join billing.notice using (account_id, notice_id)
join account.account using (account_id);

-- sent --
update billing.notice_delivery
set sent_at = now(), last_error = null
where delivery_id = %(delivery)s and sent_at is null and given_up_at is null;

-- failed --
update billing.notice_delivery
set last_error = %(reason)s, given_up_at = case when %(final)s then now() end
where delivery_id = %(delivery)s and sent_at is null and given_up_at is null;

-- waiting --
select count(*) from billing.notice_delivery where sent_at is null and given_up_at is null;
