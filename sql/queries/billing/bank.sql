-- Lines of the bank's files: kept first, payments once it is known whose (CHARGING 25).

-- take_turn --
-- Two files come one after the other.
select pg_advisory_xact_lock(hashtext('billing.bank'));

-- known --
-- What was taken under a reference, and whose payment it is.
select bank_line.*, account.name as paid_by
from billing.bank_line
left join account.payment using (bank_line_id)
left join account.account using (account_id)
where bank = %(bank)s
  and bank_line.reference = %(reference)s;

-- keep --
insert into billing.bank_line (bank, reference, file, line, value_day, amount, withheld, certificate, currency, payer, details,
    named_account, named_document, loaded_by)
values (%(bank)s, %(reference)s, %(file)s, %(line)s, %(day)s, %(amount)s, %(withheld)s, %(certificate)s, %(currency)s, %(payer)s, %(details)s,
    %(account)s, %(document)s, %(actor)s);

-- owners --
-- The accounts that have an invoice of that number which is not void, or an order of that id which waits.
select account.name
from account.account
where exists (
    select
    from billing.invoice
    where invoice.account_id = account.account_id
      and invoice.label = %(name)s
      and not exists (select from billing.void where void.invoice_id = invoice.invoice_id)
  )
  or exists (
    select
    from account.waiting_order
    where waiting_order.account_id = account.account_id
      and waiting_order.business_key = %(name)s
  )
order by account.name;

-- unassigned --
-- Kept lines that are no payment yet, oldest first.
select bank, reference, value_day, amount, withheld, currency, payer, details, named_account, named_document, file, line
from billing.bank_line
where not exists (select from account.payment where payment.bank_line_id = bank_line.bank_line_id)
order by value_day, bank_line_id;
