-- What does not agree: each query gives the account, where, and what was found. All of them are empty, or the books are wrong.

-- segments --
-- Accepted in the log, charged, and taken in by the ledger: day by day.
select account, day::text, format('accepted %%s, charged %%s, loaded %%s, in the ledger %%s', accepted, charged, past, ledger_units)
from finance.reconciliation
where not agrees
order by account, day;

-- statements --
-- What carriers' statements say otherwise than the log, of the days that they tell of; and what nobody of ours is known to have sent.
select account, day || ' ' || connector, format('accepted %%s, charged %%s, on the statement %%s', accepted, charged, stated)
from finance.carrier_reconciliation
where not agrees
union all
select '(none)', day || ' ' || connector, format('%%s segments %%s', count(*), kind)
from finance.carrier_differences
where account is null
group by day, connector, kind
order by 1 desc, 2;

-- rating --
-- What cannot be charged as it stands.
select account, month || ' ' || subject, format('%%s: %%s units', error, units)
from finance.rating_errors
order by account, month, subject;

-- entries --
-- Entries whose debits are not their credits.
select account, entry, format('debit %%s, credit %%s', sum(debit), sum(credit))
from finance.ledger_entries
group by account, entry
having sum(debit) <> sum(credit)
order by account, entry;

-- deferred --
-- Deferred revenue that is not what the lots are worth.
with

owed as (

    select account_id, sum(credit - debit) as amount
    from finance.ledger_entries
    where ledger_account like '2100%%'
    group by account_id

),

worth as (

    select account_id, sum(carrying_value) as rerate, sum(blended_value) as blended
    from finance.prepaid_lots
    group by account_id

)

select account.name, 'deferred revenue', format('ledger %%s, lots %%s', coalesce(owed.amount, 0), posting.amount)
from account.account
left join owed using (account_id)
left join worth using (account_id)
cross join lateral (
    select case coalesce(
            (select valuation from billing.closed_period as closed
             where closed.account_id = account.account_id and valuation is not null order by month limit 1),
            (account.term_on(account.account_id, 'infinity')).valuation)
        when 'blended' then coalesce(worth.blended, 0)
        else coalesce(worth.rerate, 0)
    end as amount
) as posting
where coalesce(owed.amount, 0) <> posting.amount
order by account.name;

-- balances --
-- Units of the lots that are not those of the live balance, which reservations go by, at the instant of the build.
with

built as (

    select as_of
    from billing.build
    where outcome = 'ok'
    order by build_id desc
    limit 1

),

held as (

    select account_id, sum(remaining) as units
    from finance.prepaid_lots
    group by account_id

),

live as (

    select
        held.account_id,
        held.units,
        (
            select coalesce(sum(lot.remaining), 0)
            from unnest((billing.prepaid_state_at(held.account_id, built.as_of)).lots) as lot
        ) as live_units
    from held, built

)

select account.name, 'balance', format('lots %%s, live %%s', live.units, live.live_units)
from live
join account.account using (account_id)
where live.units <> live.live_units
order by account.name;

-- months --
-- Closed months whose figures are no longer what they were closed at.
with

drafted as (

    select account_id, month, sum(net) as net, sum(vat) as vat
    from finance.invoice_lines
    where purchase_id is null
    group by account_id, month

)

select
    account.name,
    to_char(closed.month, 'YYYY-MM'),
    case
        when closed.valuation is null then format('closed at %%s + %%s VAT, now %%s + %%s', closed.figures ->> 'net', closed.figures ->> 'vat',
            coalesce(drafted.net, 0), coalesce(drafted.vat, 0))
        else format('deferred revenue closed at %%s, now %%s', closed.figures ->> 'closing', coalesce(deferred.closing, 0))
    end
from billing.closed_period as closed
join account.account using (account_id)
left join drafted on drafted.account_id = closed.account_id and drafted.month = to_char(closed.month, 'YYYY-MM')
left join finance.deferred_revenue as deferred on deferred.account_id = closed.account_id and deferred.month = to_char(closed.month, 'YYYY-MM')
where case
    when closed.valuation is null then
        (closed.figures ->> 'net')::numeric <> coalesce(drafted.net, 0) or (closed.figures ->> 'vat')::numeric <> coalesce(drafted.vat, 0)
    else (closed.figures ->> 'closing')::numeric <> coalesce(deferred.closing, 0)
end
order by account.name, closed.month;

-- documents --
-- Issued documents that are no longer what was issued.
select account.name, label, 'its content is not what its hash was taken of'
from billing.tampered
join account.account using (account_id)
order by account.name, label;

-- purchases --
-- Purchases that have no invoice that stands: theirs was void and is not issued again. Those of the loaded past have none of ours.
select
    account.name,
    'purchase ' || purchase.business_key,
    format('has no invoice that stands: outbound issue %%s --account %%s',
        to_char(purchase.at at time zone account.timezone, 'YYYY-MM'), account.name)
from account.purchase
join account.account using (account_id)
where not purchase.is_history
  and not exists (
    select
    from billing.invoice
    where invoice.account_id = purchase.account_id
      and invoice.purchase_id = purchase.purchase_id
      and not exists (select from billing.void where void.invoice_id = invoice.invoice_id)
  )
order by account.name, purchase.at, purchase.purchase_id;

-- numbers --
-- Series with a gap, or whose counter is not where its last document is; a series may have begun in a former system.
with

document as (

    select legal_entity_id, 'invoice' as series, year, number from billing.invoice
    union all
    select legal_entity_id, 'credit_note', year, number from billing.credit_note

),

issued as (

    select legal_entity_id, series, year, count(*) as documents, min(number) as first, max(number) as last
    from document
    group by legal_entity_id, series, year

)

select
    entity.name,
    counter.series || ' ' || counter.year,
    format('%%s documents numbered %%s to %%s, counter at %%s', issued.documents, issued.first, issued.last, counter.last_number)
from billing.document_counter as counter
join account.legal_entity as entity using (legal_entity_id)
join issued using (legal_entity_id, series, year)
where issued.last - issued.first + 1 <> issued.documents
   or issued.last <> counter.last_number
order by entity.name;

-- counted --
-- What was compared.
select
    coalesce(sum(accepted), 0)::bigint,
    coalesce(sum(charged), 0)::bigint,
    coalesce(sum(past), 0)::bigint,
    coalesce(sum(ledger_units), 0)::bigint,
    (select count(*) from billing.invoice) + (select count(*) from billing.credit_note)
from finance.reconciliation
where %(account)s::text is null or account = %(account)s;
