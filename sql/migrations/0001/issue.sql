-- Issuing, voiding and crediting: one function each, one transaction (CHARGING 29). Whoever issues holds the series' counter row
-- until the transaction ends, so numbers have no gaps, and what another one issued meanwhile is seen. Nobody else writes documents:
-- the functions act with their owner's rights, and no role may insert what they insert.

-- The clock that documents are dated by.
create function billing.clock() returns timestamptz language sql volatile as $$
    select clock_timestamp()
$$;

create type billing.moment as (
    at timestamptz,
    day date                    -- in the legal entity's zone
);

-- Locks the counter of a series for today in the entity's zone, after a new year's midnight that of the new year; gives the moment
-- that counts from then on. A series of invoices begins where an account's opening says that the former system left off.
create function billing.open_series(of_entity bigint, of_series text) returns billing.moment language plpgsql as $$
declare
    zone text := (select timezone from account.legal_entity where legal_entity_id = of_entity);
    locked_year integer;
    moment billing.moment;
begin
    loop
        moment.at := billing.clock();
        moment.day := (moment.at at time zone zone)::date;
        exit when extract(year from moment.day) = locked_year;
        locked_year := extract(year from moment.day);
        insert into billing.document_counter (legal_entity_id, series, year, last_number)
        select of_entity, of_series, locked_year, coalesce(max(opening.next_invoice_number) - 1, 0)
        from account.opening
        join account.account using (account_id)
        where account.legal_entity_id = of_entity
          and of_series = 'invoice'
          and extract(year from greatest(opening.at, opening.recorded_at) at time zone zone) = locked_year
        on conflict (legal_entity_id, series, year) do update
        set last_number = excluded.last_number
        where document_counter.last_number = 0; -- nothing has been numbered yet
        perform from billing.document_counter
        where legal_entity_id = of_entity and series = of_series and year = locked_year
        for update;
    end loop;
    return moment;
end
$$;

create function billing.next_number(of_entity bigint, of_series text, on_day date) returns bigint language sql as $$
    update billing.document_counter
    set last_number = last_number + 1
    where legal_entity_id = of_entity and series = of_series and year = extract(year from on_day)
    returning last_number
$$;

create function billing.content_hash(content jsonb) returns bytea language sql immutable as $$
    select sha256(convert_to(content::text, 'UTF8'))
$$;

-- All that an invoice says, its lines included: what its hash is of.
create function billing.invoice_content(invoice billing.invoice, lines billing.invoice_line[]) returns jsonb language sql stable as $$
    select to_jsonb(invoice) - array['content_hash', 'issued_at'] || jsonb_build_object('lines', to_jsonb(lines))
$$;

create function billing.credit_note_content(note billing.credit_note) returns jsonb language sql stable as $$
    select to_jsonb(note) - array['content_hash', 'issued_at']
$$;

-- The lines that a document would have: of a closed month the draft, of a purchase its one line.
create function billing.draft_lines(of_account bigint, of_month date, of_purchase bigint) returns setof billing.invoice_line
language plpgsql stable as $$
begin
    if of_purchase is null then
        return query
        select null::bigint, draft.n, draft.account_id, draft.kind, draft.zone, draft.card_from, draft.from_unit, draft.quantity,
            draft.rate::numeric(14, 6), draft.net::account.money, draft.vat_rate::numeric(7, 6), draft.vat::account.money, term.tax_treatment
        from finance.invoice_lines as draft
        cross join account.term_on(of_account, (of_month + interval '1 month - 1 day')::date) as term
        where draft.account_id = of_account
          and draft.month = to_char(of_month, 'YYYY-MM')
          and draft.purchase_id is null
          and draft.status = 'draft';
    else
        return query
        select null::bigint, 1, purchase.account_id, 'purchase', null::text, null::date, null::bigint, purchase.units, purchase.rate,
            priced.net::account.money, term.vat_rate, round(priced.net * term.vat_rate, priced.digits)::account.money, term.tax_treatment
        from account.purchase
        join account.account using (account_id)
        cross join lateral account.term_on(account_id, (purchase.at at time zone account.timezone)::date) as term
        cross join lateral (
            select billing.currency_digits(term.currency) as digits,
                round(purchase.units * purchase.rate, billing.currency_digits(term.currency)) as net
        ) as priced
        where purchase.account_id = of_account
          and purchase.purchase_id = of_purchase
          and not purchase.is_history;
    end if;
end
$$;

-- Issues the invoice of a closed month or of a purchase. One that is issued already is given back as it is; null: nothing to bill.
create function billing.issue_invoice(of_account bigint, of_month date, of_purchase bigint, by text) returns billing.invoice
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    owner record;
    term account.term;
    closed billing.closed_period;
    lines billing.invoice_line[];
    issued billing.invoice;
    moment billing.moment;
    effects jsonb := '{}';
begin
    select account.*, entity.legal_entity_id as entity into strict owner
    from account.account
    join account.legal_entity as entity using (legal_entity_id)
    where account_id = of_account;

    -- what takes as long as the account's history comes before the lock on which every issuer of the legal entity waits
    if of_purchase is not null then
        effects := coalesce(billing.purchase_effects(of_account, of_purchase), '{}');
    end if;

    moment := billing.open_series(owner.entity, 'invoice');
    select invoice.* into issued
    from billing.invoice
    where account_id = of_account
      and (month = of_month or purchase_id = of_purchase)
      and not exists (select from billing.void where void.invoice_id = invoice.invoice_id);
    if found then
        return issued;
    end if;

    lines := array(select line from billing.draft_lines(of_account, of_month, of_purchase) as line order by line.n);
    if of_month is not null then
        select * into closed from billing.closed_period where account_id = of_account and month = of_month;
        if not found then
            raise exception '%: % is not closed yet: outbound close-month %', owner.name, to_char(of_month, 'YYYY-MM'), to_char(of_month, 'YYYY-MM');
        end if;
        if (select coalesce(sum(line.net), 0) from unnest(lines) as line) <> coalesce((closed.figures ->> 'net')::numeric, 0)
            or (select coalesce(sum(line.vat), 0) from unnest(lines) as line) <> coalesce((closed.figures ->> 'vat')::numeric, 0)
        then
            raise exception '%: the draft of % is not what was closed (net and VAT % then, % now): its terms or rates were changed since, or the marts were built for an earlier instant. Put the terms back and run outbound build',
                owner.name, to_char(of_month, 'YYYY-MM'), concat_ws(' + ', closed.figures ->> 'net', closed.figures ->> 'vat'),
                (select concat_ws(' + ', sum(line.net), sum(line.vat)) from unnest(lines) as line);
        end if;
    end if;
    if cardinality(lines) = 0 then
        return null;
    end if;

    term := account.term_on(of_account, coalesce(
        (of_month + interval '1 month - 1 day')::date,
        (select (purchase.at at time zone owner.timezone)::date from account.purchase where purchase_id = of_purchase)));
    issued.invoice_id := nextval(pg_get_serial_sequence('billing.invoice', 'invoice_id'));
    issued.account_id := of_account;
    issued.legal_entity_id := owner.entity;
    issued.issue_day := moment.day;
    issued.due_day := moment.day + (account.term_on(of_account, moment.day)).payment_days;
    issued.year := extract(year from moment.day);
    issued.number := billing.next_number(owner.entity, 'invoice', moment.day);
    issued.label := issued.year || '-' || lpad(issued.number::text, 6, '0');
    issued.kind := case when of_month is null then 'purchase' else 'month' end;
    issued.month := of_month;
    issued.purchase_id := of_purchase;
    issued.issued_at := moment.at;
    issued.issued_by := by;
    issued.currency := term.currency;
    select sum(line.net), sum(line.vat), sum(line.net + line.vat) into issued.net, issued.vat, issued.total from unnest(lines) as line;
    for n in 1 .. cardinality(lines) loop
        lines[n].invoice_id := issued.invoice_id;
    end loop;
    issued.content_hash := billing.content_hash(billing.invoice_content(issued, lines));

    insert into billing.invoice overriding system value select issued.*;
    insert into billing.invoice_line select line.* from unnest(lines) as line;
    perform billing.keep_particulars('invoice', issued.invoice_id, of_account, owner.entity, effects);
    return issued;
end
$$;

-- Voids an invoice on the day of its issue; it keeps its number, and what it billed is a draft again.
create function billing.void_invoice(of_invoice bigint, by text, why text) returns billing.void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    invoice billing.invoice;
    moment billing.moment;
    done billing.void;
    instead text;
begin
    -- void and credit are in different series: the invoice is what they wait for each other on
    select * into strict invoice from billing.invoice where invoice_id = of_invoice for no key update;
    -- a purchase's invoice is not credited by hand
    instead := case invoice.kind
        when 'purchase' then 'Take its units back with outbound refund, which credits it, or make it good with outbound grant'
        else 'Correct it with outbound credit'
    end;
    moment := billing.open_series(invoice.legal_entity_id, 'invoice');
    if moment.day <> invoice.issue_day then
        raise exception 'invoice % is of %: it can be void on its issue day only. %', invoice.label, invoice.issue_day, instead;
    end if;
    if exists (select from billing.void where invoice_id = of_invoice) then
        raise exception 'invoice % is void already', invoice.label;
    end if;
    if exists (select from billing.delivery where kind = 'invoice' and document_id = of_invoice) then
        raise exception 'invoice % has gone to its customer: it cannot be void any more. %', invoice.label, instead;
    end if;
    if exists (select from billing.credit_note where invoice_id = of_invoice) then
        raise exception 'invoice % has a credit note: it cannot be void any more. %', invoice.label, instead;
    end if;
    insert into billing.void (invoice_id, account_id, voided_at, voided_by, reason)
    values (of_invoice, invoice.account_id, moment.at, by, why)
    returning * into done;
    perform billing.end_proposals(of_invoice, by, format('invoice %s is void: %s', invoice.label, why));
    return done;
end
$$;

-- An invoice is void or it is credited, never both, whoever writes it: what is owed by the marts, the ledger and billing.owed would come
-- apart, since a void takes back all of the invoice (CHARGING 29).
create function billing.void_or_credited() returns trigger language plpgsql as $$
declare
    told text;
begin
    perform from billing.invoice where invoice_id = new.invoice_id for no key update;
    select label into told from billing.invoice where invoice_id = new.invoice_id;
    if tg_table_name = 'credit_note' and exists (select from billing.void where invoice_id = new.invoice_id) then
        raise exception 'invoice % is void: there is nothing to credit', told using errcode = 'integrity_constraint_violation';
    end if;
    if tg_table_name = 'void' and exists (select from billing.credit_note where invoice_id = new.invoice_id) then
        raise exception 'invoice % has a credit note: it cannot be void any more', told using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end
$$;

create trigger never_void_too before insert on billing.credit_note for each row execute function billing.void_or_credited();
create trigger never_credited_too before insert on billing.void for each row execute function billing.void_or_credited();
alter table billing.credit_note enable always trigger never_void_too;
alter table billing.void enable always trigger never_credited_too;

-- Credits an amount of a line: the VAT of all that is credited of it so far, rounded, less the VAT credited before. of_adjustment: the
-- refund that it is for.
create function billing.issue_credit_note(
    of_invoice bigint, of_line integer, amount numeric, by text, why text, of_class text, of_adjustment bigint default null
) returns billing.credit_note
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    invoice billing.invoice;
    line billing.invoice_line;
    note billing.credit_note;
    moment billing.moment;
    digits integer;
    credited numeric;
    vat_credited numeric;
begin
    select * into strict invoice from billing.invoice where invoice_id = of_invoice for no key update; -- as a void does
    moment := billing.open_series(invoice.legal_entity_id, 'credit_note');
    note.issue_day := moment.day;
    select * into line from billing.invoice_line where invoice_id = of_invoice and n = of_line;
    if not found then
        raise exception 'invoice % has no line %', invoice.label, of_line;
    end if;
    if exists (select from billing.void where invoice_id = of_invoice) then
        raise exception 'invoice % is void: there is nothing to credit', invoice.label;
    end if;
    select coalesce(sum(net), 0), coalesce(sum(vat), 0) into credited, vat_credited
    from billing.credit_note
    where invoice_id = of_invoice and credit_note.line = of_line;
    digits := billing.currency_digits(invoice.currency);
    if amount <= 0 or amount <> round(amount, digits) then
        raise exception 'a credit is a positive amount with at most % digits after the point, not %', digits, amount;
    end if;
    if credited + amount > line.net then
        raise exception 'line % of invoice % is % net, of which % is credited: no more than % can be', of_line, invoice.label, line.net,
            credited, line.net - credited;
    end if;

    note.credit_note_id := nextval(pg_get_serial_sequence('billing.credit_note', 'credit_note_id'));
    note.account_id := invoice.account_id;
    note.legal_entity_id := invoice.legal_entity_id;
    note.year := extract(year from note.issue_day);
    note.number := billing.next_number(invoice.legal_entity_id, 'credit_note', note.issue_day);
    note.label := 'CN-' || note.year || '-' || lpad(note.number::text, 6, '0');
    note.invoice_id := of_invoice;
    note.line := of_line;
    note.issued_at := moment.at;
    note.issued_by := by;
    note.reason := why;
    note.class := of_class;
    note.adjustment_id := of_adjustment;
    note.net := round(amount, digits);
    note.vat := round((credited + amount) * line.vat_rate, digits) - vat_credited;
    note.content_hash := billing.content_hash(billing.credit_note_content(note));
    insert into billing.credit_note overriding system value select note.*;
    perform billing.keep_particulars('credit_note', note.credit_note_id, note.account_id, note.legal_entity_id, '{}');
    return note;
end
$$;

-- [document whose content, or what it says of its parties, is no longer what its hash was taken of]: always empty, unless someone
-- went past the triggers.
create view billing.tampered as
select invoice.account_id, invoice.label
from billing.invoice
left join billing.particulars as told on told.kind = 'invoice' and told.document_id = invoice.invoice_id
where invoice.content_hash <> billing.content_hash(billing.invoice_content(
    invoice, array(select line from billing.invoice_line as line where line.invoice_id = invoice.invoice_id order by line.n)))
    or told.content_hash is null
    or told.content_hash <> billing.content_hash(billing.particulars_content(told))
union all
select note.account_id, note.label
from billing.credit_note as note
left join billing.particulars as told on told.kind = 'credit_note' and told.document_id = note.credit_note_id
where note.content_hash <> billing.content_hash(billing.credit_note_content(note))
    or told.content_hash is null
    or told.content_hash <> billing.content_hash(billing.particulars_content(told));

-- What is committed as issued is whole: the lines that its hash was taken of, no more and no fewer, and their sum.
create function billing.must_be_whole() returns trigger language plpgsql as $$
declare
    issued billing.invoice;
    lines billing.invoice_line[];
begin
    select * into strict issued from billing.invoice where invoice_id = new.invoice_id;
    lines := array(select line from billing.invoice_line as line where line.invoice_id = new.invoice_id order by line.n);
    if issued.content_hash <> billing.content_hash(billing.invoice_content(issued, lines))
        or issued.net is distinct from (select sum(line.net) from unnest(lines) as line)
        or issued.vat is distinct from (select sum(line.vat) from unnest(lines) as line)
    then
        raise exception 'invoice % is issued: it has the lines that it was issued with', issued.label
            using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end
$$;

create constraint trigger is_whole after insert on billing.invoice deferrable initially deferred
    for each row execute function billing.must_be_whole();
create constraint trigger is_whole after insert on billing.invoice_line deferrable initially deferred
    for each row execute function billing.must_be_whole();
alter table billing.invoice enable always trigger is_whole;
alter table billing.invoice_line enable always trigger is_whole;
