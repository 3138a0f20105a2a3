-- Signing in to the portal, and the visits of those who did.

-- login --
-- The person of an e-mail address, with what proves who it is.
select
    person.person_id, person.email, person.name, person.role, person.account_id, login.password_hash, login.totp_secret,
    login.is_active
from account.person
join portal.login using (person_id)
where lower(person.email) = lower(%(email)s);

-- failures --
-- Of the last minutes: by this name, and from this address.
select
    count(*) filter (where lower(email) = lower(%(email)s)) as by_name,
    count(*) filter (where address = %(address)s) as by_address
from portal.attempt
where at > now() - make_interval(mins => %(minutes)s)
  and not succeeded
  and (lower(email) = lower(%(email)s) or address = %(address)s);

-- note_attempt --
insert into portal.attempt (email, address, succeeded)
values (left(%(email)s, 320), %(address)s, %(succeeded)s);

-- forget_attempts --
delete from portal.attempt
where at < now() - interval '1 day';

-- rehash --
update portal.login
set password_hash = %(password_hash)s
where person_id = %(person)s;

-- begin_session --
insert into portal.session (token_hash, person_id, ends_at)
values (%(token_hash)s, %(person)s, now() + make_interval(hours => %(hours)s));

-- visitor --
-- Who a token belongs to, where its visit goes on.
select
    person.person_id, person.email, person.name, person.role, person.account_id, account.name as account,
    coalesce(account.timezone, entity.timezone) as timezone, login.language, login.theme,
    login.totp_secret is not null as has_totp,
    session.seen_at < now() - interval '1 minute' as is_stale
from portal.session
join portal.login using (person_id)
join account.person using (person_id)
left join account.account using (account_id)
left join lateral (
    select legal_entity.timezone
    from account.legal_entity
    order by legal_entity.legal_entity_id
    limit 1
) as entity on true
where session.token_hash = %(token_hash)s
  and login.is_active
  and session.ends_at > now()
  and session.seen_at > now() - make_interval(mins => %(idle_minutes)s);

-- note_visit --
update portal.session
set seen_at = now()
where token_hash = %(token_hash)s;

-- end_session --
delete from portal.session
where token_hash = %(token_hash)s;

-- end_sessions --
-- All visits of a person but this one, and those that are over of everybody.
delete from portal.session
where (person_id = %(person)s and token_hash is distinct from %(token_hash)s)
   or ends_at < now();

-- prefer --
update portal.login
set language = %(language)s, theme = %(theme)s
where person_id = %(person)s;

-- set_totp --
update portal.login
set totp_secret = %(secret)s
where person_id = %(person)s;

-- set_password --
-- A person who had none may sign in from now on.
insert into portal.login (person_id, password_hash)
values (%(person)s, %(password_hash)s)
on conflict (person_id) do update
set password_hash = excluded.password_hash,
    password_at = now();

-- set_active --
update portal.login
set is_active = %(active)s
where person_id = %(person)s;

-- person --
select person.person_id, person.email, person.role, person.account_id, login.person_id is not null as has_login
from account.person
left join portal.login using (person_id)
where lower(person.email) = lower(%(email)s);

-- account_of --
select account.name
from account.person
left join account.account using (account_id)
where lower(person.email) = lower(%(email)s);

-- accounts --
select name
from account.account
order by name;

-- people --
select
    person.person_id, person.email, person.name, person.role, account.name as account,
    case when login.person_id is null then 'no password' when login.is_active then 'active' else 'deactivated' end as state, person.managed_by,
    login.totp_secret is not null as second_factor,
    (select max(session.began_at) from portal.session where session.person_id = person.person_id) as last_visit
from account.person
left join portal.login using (person_id)
left join account.account using (account_id)
order by account.name nulls first, person.email;

-- account --
select account_id, name
from account.account
where name = %(account)s;

-- unwanted_notices --
select unwanted_notices
from account.person
where person_id = %(person)s;

-- choose_notices --
update account.person
set unwanted_notices = %(unwanted)s
where person_id = %(person)s;

-- add_person --
insert into account.person (account_id, email, name, role, managed_by, let_in_by)
values (%(account)s, %(email)s, %(name)s, %(role)s, %(actor)s, %(actor)s)
on conflict do nothing
returning person_id;

-- set_role --
update account.person
set role = %(role)s, managed_by = %(actor)s, let_in_by = %(actor)s
where person_id = %(person)s;

-- let_in --
update account.person
set let_in_by = %(actor)s
where person_id = %(person)s;

-- managers --
-- Locked, so that two of them do not shut each other out at the same time.
select login.person_id
from portal.login
join account.person using (person_id)
where person.role = 'manager'
  and login.is_active
order by login.person_id
for update of login;

-- remove_person --
-- One who never had a password.
delete from account.person
where person_id = %(person)s
  and managed_by is not null
  and not exists (select from portal.login where login.person_id = person.person_id);

-- invite --
insert into portal.invitation (token_hash, person_id, invited_by, ends_at)
values (%(token_hash)s, %(person)s, %(actor)s, %(ends_at)s);

-- invitation --
select person.person_id, person.email, person.name, person.account_id
from portal.invitation
join account.person using (person_id)
where invitation.token_hash = %(token_hash)s
  and invitation.ends_at > now();

-- end_invitation --
delete from portal.invitation
where person_id = %(person)s;

-- note_deed --
insert into account.audit (actor, action, account_id, object)
values (%(actor)s, %(action)s, %(account)s, %(object)s);

-- note_unmasking --
-- That a person was shown a whole number, and why.
insert into account.audit (actor, action, account_id, object, detail)
values (%(actor)s, 'number.unmask', %(account)s, %(object)s, jsonb_build_object('reason', %(reason)s::text));

-- begin_oidc --
insert into portal.oidc_request (state, nonce, code_verifier, next, ends_at)
values (%(state)s, %(nonce)s, %(code_verifier)s, %(next)s, now() + make_interval(mins => %(minutes)s));

-- forget_oidc --
delete from portal.oidc_request
where ends_at < now();

-- take_oidc --
-- Once, and not too late.
delete from portal.oidc_request
where state = %(state)s
returning nonce, code_verifier, next, ends_at > now() as is_in_time;
