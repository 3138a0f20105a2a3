-- Money events recorded by a person: purchases, payments, grants, refunds, reversals, and what they do to the balance.

-- now --
select clock_timestamp();

-- taken --
-- Whether an id of the account is taken; ids are unique over all kinds of events.
select exists (select from account.purchase where account_id = %(account)s and business_key = %(key)s)
    or exists (select from account.payment where account_id = %(account)s and business_key = %(key)s)
    or exists (select from account.receivable_change where account_id = %(account)s and business_key = %(key)s)
    or exists (select from account.purchase_order where account_id = %(account)s and business_key = %(key)s)
    or exists (select from account.adjustment where account_id = %(account)s and business_key = %(key)s)
    or exists (select from account.past_usage where account_id = %(account)s and business_key = %(key)s)
    or exists (select from account.opening where account_id = %(account)s and business_key = %(key)s);

-- order_rate --
select rate, zones from billing.order_rate(%(account)s, %(day)s, %(units)s, %(zone)s);

-- order_zones --
select account.order_zones(%(account)s, %(zone)s);

-- buy --
insert into account.purchase (account_id, business_key, at, units, rate, zones)
values (%(account)s, %(key)s, %(at)s, %(units)s, %(rate)s, %(zones)s)
returning purchase_id;

-- pay --
insert into account.payment (account_id, business_key, at, amount, withheld, certificate, invoice_id, order_id, bank_line_id, reference)
values (%(account)s, %(key)s, %(at)s, %(amount)s, %(withheld)s, %(certificate)s, %(invoice)s, %(order)s, %(bank_line)s, %(reference)s);

-- invoice --
select invoice_id, void.invoice_id is not null as is_void
from billing.invoice
left join billing.void using (invoice_id)
where invoice.account_id = %(account)s
  and label = %(label)s;

-- closed_until --
select max(ends_at) from billing.closed_period where account_id = %(account)s;

-- adjust --
insert into account.adjustment (account_id, business_key, kind, at, units, usage_key, net, reason, recorded_by)
values (%(account)s, %(key)s, %(kind)s, %(at)s, %(units)s, %(usage)s,
    case when %(kind)s = 'refund' then billing.refund_net(%(account)s, %(at)s, %(units)s) end, %(reason)s, %(actor)s)
returning adjustment_id;

-- usage --
-- A usage by its id, and by what it is given back already.
select
    billing.used_units(%(account)s, %(usage)s),
    (select business_key from account.adjustment where account_id = %(account)s and usage_key = %(usage)s);

-- available --
select billing.available_units(%(account)s, %(at)s);

-- state --
-- What the account's events up to an instant led to, folded once for all that is asked of it.
select billing.prepaid_state_at(%(account)s, %(at)s)::text;

-- lots --
-- Those of a state that can be used, in the order they are used (CHARGING 13).
select lot.lot, lot.remaining, lot.rate, lot.last_valid_day, lot.paid
from unnest((%(state)s::billing.prepaid_state).lots) with ordinality as lot (
    lot, opened_at, last_valid_day, expires_at, rate, paid, remaining, lapsed, base, base_units, base_version, state, successor, place)
where lot.remaining > 0
order by lot.expires_at, lot.place;

-- movements --
-- What the last event of a state did, in the valuation that posts.
select
    movement.kind,
    movement.lot,
    movement.units,
    case posting.valuation when 'rerate' then movement.deferred else movement.blended_deferred end as deferred,
    case posting.valuation when 'rerate' then movement.against else movement.blended_against end as against,
    movement.vat
from (
    select coalesce(
        (select valuation from billing.closed_period where account_id = %(account)s and valuation is not null order by month limit 1),
        (select (account.term_on(%(account)s, 'infinity')).valuation)) as valuation
) as posting
cross join unnest((%(state)s::billing.prepaid_state).movements) as movement;

-- purchase_invoice --
-- Of a purchase: its invoice that stands, whether it is one that we invoice, and its local month.
select
    (
        select invoice.invoice_id
        from billing.invoice
        where invoice.account_id = purchase.account_id
          and invoice.purchase_id = purchase.purchase_id
          and not exists (select from billing.void where void.invoice_id = invoice.invoice_id)
    ),
    not purchase.is_history,
    to_char(purchase.at at time zone account.timezone, 'YYYY-MM')
from account.purchase
join account.account using (account_id)
where purchase.account_id = %(account)s
  and purchase.business_key = %(key)s;

-- owed --
select billing.owed(%(account)s, %(at)s);
