-- People who are looked after in the portal: a customer's by its own administrator, staff by a manager. Invited by a link that works once.

alter table account.person
    add column managed_by text,
    add column let_in_by text,
    add column unwanted_notices text[] not null default '{}'
        check (unwanted_notices <@ array['low_balance', 'expiry', 'credit_limit', 'monthly_cap']);
comment on column account.person.managed_by is 'Who invited them or gave them their role; null: the set-up file says who they are.';
comment on column account.person.let_in_by is 'Who had the last link to a password of theirs in hands, or gave them their role (billing.owes_way_in).';
comment on column account.person.unwanted_notices is 'Kinds of notices that the person wants no e-mail of (docs/how-to/notices.md).';

-- [invitation]: its link holds the token, the table its SHA-256 alone.
create table portal.invitation (
    token_hash bytea primary key check (length(token_hash) = 32),
    person_id bigint not null unique references account.person on delete cascade,
    invited_by text not null,
    ends_at timestamptz not null
);
comment on table portal.invitation is 'The last one of a person; gone once it is taken.';

grant select, insert, delete on portal.invitation to outbound_doorman;
grant insert, delete, update (role, managed_by, let_in_by, unwanted_notices) on account.person to outbound_doorman;

-- Who was shut out gets no notices and approves nothing.
grant usage on schema portal to outbound_billing, outbound_ingest;
grant select (person_id, is_active) on portal.login to outbound_billing, outbound_ingest;

-- The people of the transaction's account, and whether each may sign in.
create function portal.people() returns table (
    person_id bigint, email text, name text, role text, state text, managed_by text, has_second_factor boolean, last_visit timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select
        person.person_id, person.email, person.name, person.role,
        case
            when login.is_active then 'active'
            when login.person_id is not null then 'deactivated'
            when invitation.ends_at > now() then 'invited'
            else 'no password'
        end,
        person.managed_by,
        login.totp_secret is not null,
        (select max(session.seen_at) from portal.session where session.person_id = person.person_id)
    from account.person
    left join portal.login using (person_id)
    left join portal.invitation using (person_id)
    where person.account_id = account.current_account()
$$;

revoke execute on function portal.people() from public;
grant execute on function portal.people() to outbound_web;

-- Whether somebody came in, or came to their role, by somebody: at once, or by others whom that one let in. Who could be both people
-- agrees to nothing of the other's.
create function billing.owes_way_in(who text, whom text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with recursive chain (email) as (
        select lower(owes_way_in.who)
        union
        select lower(person.let_in_by)
        from chain
        join account.person on lower(person.email) = chain.email
        where person.let_in_by is not null
    )
    select lower(owes_way_in.who) <> lower(owes_way_in.whom) and exists (select from chain where email = lower(owes_way_in.whom))
$$;

revoke execute on function billing.owes_way_in(text, text) from public;
grant execute on function billing.owes_way_in(text, text) to outbound_billing;
