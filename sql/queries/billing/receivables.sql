-- Payments that were taken back, payouts and write-offs (CHARGING 25).

-- payment --
-- A payment by its id, and by what it is reversed already.
select payment.payment_id, payment.at, payment.amount, payment.withheld, reversal.business_key
from account.payment
left join account.receivable_change as reversal using (payment_id)
where payment.account_id = %(account)s
  and payment.business_key = %(key)s;

-- left_of_invoice --
-- What of an invoice is neither credited, nor paid by its name, nor given up by its name.
select invoice.total
    - coalesce((select sum(net + vat) from billing.credit_note where credit_note.invoice_id = invoice.invoice_id), 0)
    - coalesce((select sum(amount + withheld) from account.standing_payment as payment where payment.invoice_id = invoice.invoice_id), 0)
    - coalesce((select sum(amount) from account.receivable_change where receivable_change.invoice_id = invoice.invoice_id), 0)
from billing.invoice
where invoice.invoice_id = %(invoice)s;

-- record --
insert into account.receivable_change (
    account_id, business_key, kind, at, amount, withheld, payment_id, invoice_id, reference, reason, recorded_by)
values (
    %(account)s, %(key)s, %(kind)s, %(at)s, %(amount)s, %(withheld)s, %(payment)s, %(invoice)s, %(reference)s, %(reason)s,
    %(actor)s);
