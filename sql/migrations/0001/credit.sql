-- Credits that wait for a second person: raised by whoever finds that one is owed (a missed SLA target), issued by another one.

-- [credit that was proposed]: of one line of a month's invoice. `source` says what it is for, so that it is raised once.
create table billing.draft_credit (
    draft_credit_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    invoice_id bigint not null,
    line integer not null,
    class text not null check (class in ('correction', 'sla')),
    net account.money not null check (net > 0),
    reason text not null check (reason <> ''),
    source text,
    proposed_by text not null,
    proposed_at timestamptz not null default clock_timestamp(),
    unique (account_id, source, invoice_id),
    foreign key (invoice_id, line) references billing.invoice_line
);
comment on column billing.draft_credit.source is 'What it makes good, such as "S3 2026-10"; null: what a person thought of.';
create index on billing.draft_credit (invoice_id, line);

create table billing.credit_decision (
    draft_credit_id bigint primary key references billing.draft_credit,
    account_id bigint not null references account.account,
    decision text not null check (decision in ('approved', 'rejected')),
    decided_by text not null,
    decided_at timestamptz not null default clock_timestamp(),
    reason text,
    credit_note_id bigint unique references billing.credit_note,
    check ((decision = 'approved') = (credit_note_id is not null)),
    check ((decision = 'rejected') = (reason is not null))
);

-- [month of a prepaid account that has missed a target]: the units that are owed for it, told once to whoever grants them.
create table billing.units_told (
    account_id bigint not null references account.account,
    month text not null check (month ~ '^\d{4}-\d{2}$'),
    metric text not null,
    units bigint not null check (units > 0),
    told_to text not null,
    told_at timestamptz not null default clock_timestamp(),
    primary key (account_id, month, metric)
);

do $$
declare
    frozen text;
begin
    foreach frozen in array array['draft_credit', 'credit_decision', 'units_told'] loop
        execute format('create trigger never_changes before update or delete on billing.%I
            for each row execute function account.refuse_change()', frozen);
        execute format('create trigger never_truncated before truncate on billing.%I
            for each statement execute function account.refuse_change()', frozen);
        execute format('alter table billing.%I enable always trigger never_changes', frozen);
        execute format('alter table billing.%I enable always trigger never_truncated', frozen);
    end loop;
end
$$;

-- [credit that was proposed], with what became of it.
create view billing.draft_credits as
select
    account.name as account,
    draft.draft_credit_id,
    coalesce(decision.decision, 'draft') as state,
    invoice.label as invoice,
    to_char(invoice.month, 'YYYY-MM') as month,
    draft.line,
    draft.class,
    draft.net,
    invoice.currency,
    draft.reason,
    draft.source,
    draft.proposed_by,
    draft.proposed_at,
    decision.decided_by,
    decision.decided_at,
    decision.reason as decision_reason,
    note.label as credit_note,
    draft.account_id
from billing.draft_credit as draft
join account.account using (account_id)
join billing.invoice using (account_id, invoice_id)
left join billing.credit_decision as decision using (account_id, draft_credit_id)
left join billing.credit_note as note using (account_id, credit_note_id);

-- Proposes a credit. What is credited of a line and what is proposed of it never come to more than the line.
create function billing.propose_credit(
    of_invoice bigint, of_line integer, of_class text, amount numeric, by text, why text, because_of text
) returns billing.draft_credit
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    invoice billing.invoice;
    line billing.invoice_line;
    draft billing.draft_credit;
    digits integer;
    taken numeric;
begin
    select * into strict invoice from billing.invoice where invoice_id = of_invoice for no key update; -- as a void does
    perform billing.open_series(invoice.legal_entity_id, 'credit_note');
    select * into line from billing.invoice_line where invoice_id = of_invoice and n = of_line;
    if not found then
        raise exception 'invoice % has no line %', invoice.label, of_line;
    end if;
    if invoice.kind <> 'month' then
        raise exception 'invoice % is of a purchase: make it good with units, by outbound grant', invoice.label;
    end if;
    if exists (select from billing.void where invoice_id = of_invoice) then
        raise exception 'invoice % is void: there is nothing to credit', invoice.label;
    end if;
    digits := billing.currency_digits(invoice.currency);
    if amount <= 0 or amount <> round(amount, digits) then
        raise exception 'a credit is a positive amount with at most % digits after the point, not %', digits, amount;
    end if;
    -- one that ended with its invoice is proposed again of the invoice that came instead
    if exists (
        select
        from billing.draft_credit as known
        where known.account_id = invoice.account_id
          and known.source = because_of
          and not exists (select from billing.void where void.invoice_id = known.invoice_id)
    ) then
        raise exception 'a credit for % is proposed already', because_of;
    end if;
    taken := coalesce((select sum(net) from billing.credit_note where invoice_id = of_invoice and credit_note.line = of_line), 0)
        + coalesce((
            select sum(waiting.net)
            from billing.draft_credit as waiting
            where waiting.invoice_id = of_invoice
              and waiting.line = of_line
              and not exists (select from billing.credit_decision as decided where decided.draft_credit_id = waiting.draft_credit_id)), 0);
    if taken + amount > line.net then
        raise exception 'line % of invoice % is % net, of which % is credited or proposed: no more than % can be', of_line, invoice.label,
            line.net, taken, line.net - taken;
    end if;
    insert into billing.draft_credit (account_id, invoice_id, line, class, net, reason, source, proposed_by)
    values (invoice.account_id, of_invoice, of_line, of_class, round(amount, digits), why, because_of, by)
    returning * into draft;
    return draft;
end
$$;

-- Issues a proposed credit, on the word of another person than proposed it.
create function billing.approve_credit(of_draft bigint, by text) returns billing.credit_note
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    draft billing.draft_credit;
    note billing.credit_note;
begin
    draft := billing.open_draft_credit(of_draft);
    if lower(by) = lower(draft.proposed_by) then
        raise exception 'credit % was proposed by %: someone else has to approve it', of_draft, by;
    end if;
    perform billing.must_be_approver(by, draft.proposed_by);
    note := billing.issue_credit_note(draft.invoice_id, draft.line, draft.net, by, draft.reason, draft.class);
    insert into billing.credit_decision (draft_credit_id, account_id, decision, decided_by, credit_note_id)
    values (of_draft, draft.account_id, 'approved', by, note.credit_note_id);
    return note;
end
$$;

-- Turns a proposed credit down; whoever proposed it may take it back in this way.
create function billing.reject_credit(of_draft bigint, by text, why text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    draft billing.draft_credit := billing.open_draft_credit(of_draft);
begin
    if lower(by) <> lower(draft.proposed_by) then
        perform billing.must_be_approver(by, draft.proposed_by);
    end if;
    insert into billing.credit_decision (draft_credit_id, account_id, decision, decided_by, reason)
    values (of_draft, draft.account_id, 'rejected', by, why);
end
$$;

-- Ends what is proposed of an invoice that becomes void and not decided on: there is nothing to credit any more. Whoever proposes waits
-- for the invoice's row, as whoever issues does.
create function billing.end_proposals(of_invoice bigint, by text, why text) returns void language sql as $$
    insert into billing.credit_decision (draft_credit_id, account_id, decision, decided_by, reason)
    select draft.draft_credit_id, draft.account_id, 'rejected', end_proposals.by, end_proposals.why
    from billing.draft_credit as draft
    where draft.invoice_id = of_invoice
    order by draft.draft_credit_id
    on conflict (draft_credit_id) do nothing
$$;

-- A proposed credit that nobody has decided on, locked against a second decision.
create function billing.open_draft_credit(of_draft bigint) returns billing.draft_credit language plpgsql as $$
declare
    draft billing.draft_credit;
    decided billing.credit_decision;
begin
    perform pg_advisory_xact_lock(hashtext('billing.draft_credit'), hashint8(of_draft));
    select * into draft from billing.draft_credit where draft_credit_id = of_draft;
    if not found then
        raise exception 'there is no proposed credit %: outbound credit-draft list shows them', of_draft;
    end if;
    select * into decided from billing.credit_decision where draft_credit_id = of_draft;
    if found then
        raise exception 'credit % was % by % already', of_draft, decided.decision, decided.decided_by;
    end if;
    return draft;
end
$$;
