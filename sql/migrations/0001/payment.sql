-- What comes before a payment: orders that wait for their money, lines of the bank's files.

-- [order of units that takes effect with the payment that covers it] (CHARGING 12). Its purchase bears the same business key.
create table account.purchase_order (
    order_id bigint generated always as identity primary key,
    account_id bigint not null references account.account,
    business_key text not null,
    ordered_at timestamptz not null,
    units bigint not null check (units > 0),
    rate numeric(14, 6) check (rate >= 0),
    card_zone text,
    zones text[] not null,
    quoted_net account.money not null,
    quoted_vat account.money not null,
    currency text not null,
    ordered_by text not null,
    unique (account_id, business_key)
);
comment on column account.purchase_order.rate is 'The one agreed on; null: the card''s on the day of the activation.';
comment on column account.purchase_order.quoted_net is 'What its pro-forma said on the day of the order.';

create table account.cancelled_order (
    order_id bigint primary key references account.purchase_order,
    account_id bigint not null references account.account,
    cancelled_at timestamptz not null default now(),
    cancelled_by text not null,
    reason text not null
);

-- [order that waits for its money]
create view account.waiting_order as
select purchase_order.*
from account.purchase_order
where not exists (select from account.cancelled_order as cancelled where cancelled.order_id = purchase_order.order_id)
  and not exists (
    select
    from account.purchase
    where purchase.account_id = purchase_order.account_id
      and purchase.business_key = purchase_order.business_key
  );

-- [amount that came in by a bank's file], whoever it is of: one is a payment once it is known whose, the others are kept.
create table billing.bank_line (
    bank_line_id bigint generated always as identity primary key,
    bank text not null,
    reference text not null check (reference <> ''),
    file text not null,
    line integer not null check (line >= 1),
    value_day date not null,
    amount numeric not null check (amount >= 0),
    withheld numeric not null default 0 check (withheld >= 0),
    certificate text,
    currency text,
    payer text,
    details text,
    named_account text,
    named_document text,
    loaded_at timestamptz not null default clock_timestamp(),
    loaded_by text not null,
    unique (bank, reference),
    check (amount + withheld > 0)
);
comment on column billing.bank_line.reference is 'The bank''s own, unique in the files of that bank: a line is taken once.';
alter table account.payment add foreign key (bank_line_id) references billing.bank_line;
alter table account.payment add foreign key (order_id) references account.purchase_order;

do $$
declare
    kept regclass;
begin
    foreach kept in array array['account.purchase_order', 'account.cancelled_order', 'billing.bank_line']::regclass[] loop
        execute format('create trigger never_changes before update or delete on %s
            for each row execute function account.refuse_change()', kept);
        execute format('create trigger never_truncated before truncate on %s
            for each statement execute function account.refuse_change()', kept);
        execute format('alter table %s enable always trigger never_changes', kept);
        execute format('alter table %s enable always trigger never_truncated', kept);
    end loop;
end
$$;
