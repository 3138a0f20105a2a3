-- Two people for an act of the books: who may be the second one, and what waits for them (CHARGING 29).

-- Whether somebody may agree to what another one proposed: staff of finance or a manager, by the e-mail address that the set-up
-- file gives them, and not deactivated. With its owner's rights: logins are the doorman's alone.
create function billing.may_approve(by text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select
        from account.person
        left join portal.login using (person_id)
        where lower(person.email) = lower(may_approve.by)
          and person.account_id is null
          and person.role in ('finance', 'manager')
          and coalesce(login.is_active, true)  -- without a password: at the command line only
    )
$$;

-- [act that two people have to agree on], where the legal entity says so: one proposes it, another one approves by doing the same.
-- What nobody agreed to in a week lapses: who proposed it judged by what was then.
create table billing.approval (
    approval_id bigint generated always as identity primary key,
    legal_entity_id bigint not null references account.legal_entity,
    action text not null,
    object text not null,
    proposed_by text not null,
    proposed_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '7 days',
    lapsed boolean not null default false,
    approved_by text,
    approved_at timestamptz,
    check ((approved_by is null) = (approved_at is null)),
    check (approved_at < expires_at),
    check (not (lapsed and approved_at is not null)),
    check (lower(approved_by) <> lower(proposed_by))
);
create unique index on billing.approval (legal_entity_id, action, object) where approved_by is null and not lapsed;
comment on column billing.approval.lapsed is 'Proposed again after it had expired; one that only expired is not marked.';

create view billing.approvals as
select
    entity.name as legal_entity,
    approval.approval_id as approval,
    approval.action,
    approval.object,
    approval.proposed_by,
    approval.proposed_at,
    approval.approved_by,
    approval.approved_at,
    approval.expires_at,
    case
        when approval.approved_at is not null then 'approved'
        when approval.expires_at <= now() then 'expired'
        else 'open'
    end as state
from billing.approval
join account.legal_entity as entity using (legal_entity_id);

-- Refuses whoever is not one that may agree to what this one proposed.
create function billing.must_be_approver(by text, proposer text) returns void language plpgsql as $$
begin
    if billing.owes_way_in(by, proposer) then
        raise exception '% may not agree: they were let in, or given their role, by %, who proposed it', by, proposer;
    end if;
    if not billing.may_approve(by) then
        raise exception '% may not agree: OUTBOUND_ACTOR has to be the e-mail address of someone whom the set-up file lists under staff as finance or manager, and who is not deactivated', by;
    end if;
end
$$;

-- Agreement comes from those who may give it, whoever writes the row.
create function billing.refuse_other_approver() returns trigger language plpgsql as $$
begin
    perform billing.must_be_approver(new.approved_by, new.proposed_by);
    return new;
end
$$;
create trigger by_finance before insert or update of approved_by on billing.approval
    for each row when (new.approved_by is not null) execute function billing.refuse_other_approver();

revoke execute on function billing.may_approve(text) from public;
grant execute on function billing.may_approve(text) to outbound_billing;
grant insert, update on billing.approval to outbound_billing;
grant select on billing.approval, billing.approvals to outbound_billing, outbound_reporting, outbound_operator;
