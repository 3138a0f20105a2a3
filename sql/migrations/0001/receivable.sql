-- What changes a receivable beside documents and payments: money that goes back, and money that is given up (CHARGING 25).

create table account.receivable_change (
    receivable_change_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    business_key text not null,
    kind text not null check (kind in ('payment_reversal', 'payout', 'write_off')),
    at timestamptz not null,
    amount account.money not null check (amount >= 0),
    withheld account.money not null default 0 check (withheld >= 0),
    payment_id bigint unique references account.payment,
    invoice_id bigint references billing.invoice,
    reference text,
    reason text not null check (reason <> ''),
    recorded_by text not null,
    recorded_at timestamptz not null default now(),
    load_xid xid8 not null default pg_current_xact_id(),
    unique (account_id, business_key),
    check (amount + withheld > 0),
    check ((kind = 'payment_reversal') = (payment_id is not null)),
    check (kind = 'payment_reversal' or withheld = 0),
    check (kind = 'write_off' or invoice_id is null)
);
comment on column account.receivable_change.payment_id is 'The payment that the bank took back; a payment is reversed once, whole.';
comment on column account.receivable_change.invoice_id is 'The invoice that is given up; null: oldest first.';
comment on column account.receivable_change.reference is 'The bank''s, of a payout or a return.';

-- A reversal is of the whole payment, of its own account, and not before it.
create function account.is_of_its_payment() returns trigger language plpgsql as $$
begin
    perform
    from account.payment
    where payment.payment_id = new.payment_id
      and payment.account_id = new.account_id
      and payment.at <= new.at
      and (payment.amount, payment.withheld) = (new.amount, new.withheld);
    if not found then
        raise exception '% is not the reversal of a payment of its account, of all of it and not before it', new.business_key;
    end if;
    return null;
end
$$;
create trigger is_of_its_payment after insert on account.receivable_change
    for each row when (new.payment_id is not null) execute function account.is_of_its_payment();

create trigger never_changes before update or delete on account.receivable_change
    for each row execute function account.refuse_change();
create trigger never_truncated before truncate on account.receivable_change
    for each statement execute function account.refuse_change();
alter table account.receivable_change enable always trigger never_changes;
alter table account.receivable_change enable always trigger never_truncated;

-- [payment that was not reversed]
create view account.standing_payment as
select payment.*
from account.payment
where not exists (select from account.receivable_change as reversal where reversal.payment_id = payment.payment_id);

-- What these changes add to what an account owes by an instant.
create function billing.owed_by_changes(of_account bigint, till timestamptz) returns numeric
language sql stable as $$
    select coalesce(sum(case kind when 'write_off' then -amount else amount + withheld end), 0)
    from account.receivable_change
    where account_id = of_account
      and at <= till
$$;
