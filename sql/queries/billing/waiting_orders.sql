-- Orders that take effect with their payment (CHARGING 12).

-- place --
insert into account.purchase_order (
    account_id, business_key, ordered_at, units, rate, card_zone, zones, quoted_net, quoted_vat, currency, ordered_by)
values (%(account)s, %(key)s, %(at)s, %(units)s, %(agreed)s, %(card_zone)s, %(zones)s, %(net)s, %(vat)s, %(currency)s, %(actor)s);

-- waiting --
-- Oldest first, with the money that names each.
select business_key, units, rate, card_zone, zones, (
        select coalesce(sum(amount + withheld), 0)
        from account.standing_payment as payment
        where payment.account_id = waiting_order.account_id
          and payment.order_id = waiting_order.order_id
    ) as named
from account.waiting_order
where account_id = %(account)s
order by ordered_at, order_id;

-- free_money --
-- What is on account beyond all that is owed, but for what names an order that still waits; negative: owed.
select -billing.owed(%(account)s, %(at)s) - coalesce((
    select sum(payment.amount + payment.withheld)
    from account.standing_payment as payment
    join account.waiting_order using (account_id, order_id)
    where payment.account_id = %(account)s), 0);

-- find --
select waiting_order.order_id
from account.waiting_order
where account_id = %(account)s
  and business_key = %(key)s;

-- cancel --
insert into account.cancelled_order (order_id, account_id, cancelled_by, reason)
values (%(order)s, %(account)s, %(actor)s, %(reason)s);

-- list --
select account.name as account, waiting_order.business_key, waiting_order.ordered_at, waiting_order.units, waiting_order.rate,
    waiting_order.quoted_net + waiting_order.quoted_vat as total, waiting_order.currency, account.timezone, (
        select coalesce(sum(amount + withheld), 0)
        from account.standing_payment as payment
        where payment.account_id = waiting_order.account_id
          and payment.order_id = waiting_order.order_id
    ) as paid
from account.waiting_order
join account.account using (account_id)
where %(account)s::bigint is null or account_id = %(account)s
order by account.name, waiting_order.ordered_at, waiting_order.order_id;
