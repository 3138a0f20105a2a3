-- What does not agree: each query gives the account, where, and what was found. All of them are empty, or the books are wrong.

-- segments --
-- Accepted in the log, charged, and taken in by the ledger: day by day. What lacks for want of a zone or a rate is told by rating.
with

unrated as (

    select account_id, day, sum(units) as units
    from finance.rating_errors
    where error in ('NO_ZONE', 'NO_RATE')
    group by account_id, day

)

select account, day::text, format('accepted %%s, charged %%s, loaded %%s, in the ledger %%s', accepted, charged, past, ledger_units)
from finance.reconciliation
left join unrated using (account_id, day)
where accepted <> charged
   or charged + past <> ledger_units + coalesce(unrated.units, 0)
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

-- receivables --
-- Receivables of the ledger (1200) that are not what is owed by what is recorded, which orders and credit limits go by, at the
-- instant of the build. Accounts of which something was recorded since then are left to the next build.
with

built as (

    select as_of, started_at
    from billing.good_build

),

booked as (

    select account_id, sum(debit - credit) as amount
    from finance.ledger_entries
    where ledger_account like '1200%%'
    group by account_id

),

differing as materialized (

    select account.account_id, account.name, coalesce(booked.amount, 0) as booked, live.owed
    from built
    cross join account.account
    left join booked using (account_id)
    cross join lateral (select billing.owed(account.account_id, built.as_of) as owed) as live
    where coalesce(booked.amount, 0) <> live.owed

)

select differing.name, 'receivable', format('ledger %%s, owed %%s', differing.booked, differing.owed)
from differing, built
where not billing.has_news(differing.account_id, built.started_at, built.as_of)
order by differing.name;

-- posted --
-- Receivable (1200) and VAT (2200) of the ledger that are not what the documents say, by account and month: an issued document stays as
-- it is, whatever is folded anew (CHARGING 17, 21, 28, 29). Purchases are dated by their activation, refunds by their instant. What has no
-- document of ours is left out: the loaded past, refunds that in part pay it back, and purchases whose invoice is void, which
-- `purchases` tells. Accounts of which something was recorded since the build are left to the next one.
with

built as (

    select as_of, started_at
    from billing.good_build

),

standing as (

    select invoice.*
    from billing.invoice
    where not exists (select from billing.void where void.invoice_id = invoice.invoice_id)

),

-- refunds that paid back more than was credited of invoices of ours, because somebody else sold the units
foreign_refund as (

    select adjustment.account_id, adjustment.adjustment_id, adjustment.business_key
    from account.adjustment
    where adjustment.kind = 'refund'
      and (
        adjustment.is_history
        or (
            adjustment.net > (
                select coalesce(sum(note.net), 0)
                from billing.credit_note as note
                where note.account_id = adjustment.account_id
                  and note.adjustment_id = adjustment.adjustment_id)
            and (
                exists (
                    select from account.purchase
                    where purchase.account_id = adjustment.account_id and purchase.is_history)
                or exists (select from account.opening_lot as lot where lot.account_id = adjustment.account_id)
            )
        )
      )

),

without_document as (

    select account_id, 'refund:' || business_key as entry
    from foreign_refund

    union all

    select purchase.account_id, 'purchase:' || purchase.business_key
    from account.purchase
    left join standing using (account_id, purchase_id)
    where standing.invoice_id is null

),

document as (

    select standing.account_id, purchase.at, standing.total as receivable, -standing.vat as vat
    from standing
    join account.purchase using (account_id, purchase_id)

    union all

    select account_id, issued_at, total, -vat
    from billing.invoice
    where kind = 'month'

    union all

    select invoice.account_id, void.voided_at, -invoice.total, invoice.vat
    from billing.void
    join billing.invoice using (account_id, invoice_id)
    where invoice.kind = 'month'

    union all

    select note.account_id, coalesce(adjustment.at, note.issued_at), -note.net - note.vat, note.vat
    from billing.credit_note as note
    left join account.adjustment using (account_id, adjustment_id)
    where not exists (
        select from foreign_refund
        where foreign_refund.account_id = note.account_id and foreign_refund.adjustment_id = note.adjustment_id)

),

said as (

    select document.account_id, to_char(document.at at time zone account.timezone, 'YYYY-MM') as month, line.code, sum(line.amount) as amount
    from document
    join account.account using (account_id)
    cross join built
    cross join lateral (values ('1200', document.receivable), ('2200', document.vat)) as line (code, amount)
    where document.at <= built.as_of
    group by document.account_id, month, line.code

),

booked as (

    select entry.account_id, entry.month, left(entry.ledger_account, 4) as code, sum(entry.debit - entry.credit) as amount
    from finance.ledger_entries as entry
    where entry.kind in ('purchase', 'refund', 'issue', 'void', 'credit')
      and left(entry.ledger_account, 4) in ('1200', '2200')
      and not exists (
        select from without_document
        where without_document.account_id = entry.account_id and without_document.entry = entry.entry)
    group by entry.account_id, entry.month, left(entry.ledger_account, 4)

),

differing as materialized (

    select account_id, month, code, coalesce(said.amount, 0) as said, coalesce(booked.amount, 0) as booked
    from said
    full join booked using (account_id, month, code)
    where coalesce(said.amount, 0) <> coalesce(booked.amount, 0)

)

select account.name, differing.month || ' ' || differing.code, format('documents %%s, ledger %%s', differing.said, differing.booked)
from differing
join account.account using (account_id)
cross join built
where not billing.has_news(differing.account_id, built.started_at, built.as_of)
order by account.name, differing.month, differing.code;

-- adjustments --
-- Refunds that paid back units which had been used before, until the next paid units are there to take; reversals of no usage.
select account, 'since ' || since::date, format('%%s units paid back that had been used, %%s reversals without their usage', refunded, reversals)
from finance.shortfalls
where refunded > 0
   or reversals > 0
order by account;

-- balances --
-- Lots of the ledger that are not those of the live balance, which reservations go by, at the instant of the build. Accounts of
-- which something was recorded since then are left to the next build.
with

built as (

    select as_of, started_at
    from billing.good_build

),

held as (

    select account_id, lot, remaining, rate
    from finance.prepaid_lots
    where remaining > 0

),

buyer as (

    select account_id from account.purchase
    union
    select account_id from account.adjustment
    union
    select account_id from account.opening_lot
    union
    select account_id from held

),

live as (

    select buyer.account_id, lot.lot, lot.remaining, lot.rate
    from built
    cross join buyer
    cross join lateral unnest((billing.prepaid_state_at(buyer.account_id, built.as_of)).lots) as lot
    where lot.remaining > 0

),

differing as materialized (

    select account_id, lot, held.remaining as units, held.rate, live.remaining as live_units, live.rate as live_rate
    from held
    full join live using (account_id, lot)
    where (held.remaining, held.rate) is distinct from (live.remaining, live.rate)

)

select account.name, 'lot ' || differing.lot, format('ledger %%s units at %%s, live %%s at %%s', coalesce(differing.units, 0),
    coalesce(differing.rate::text, '-'), coalesce(differing.live_units, 0), coalesce(differing.live_rate::text, '-'))
from differing
join account.account using (account_id)
cross join built
where not billing.has_news(differing.account_id, built.started_at, built.as_of)
order by account.name, differing.lot;

-- states --
-- What carriers' statements say of the delivery of segments otherwise than their receipts, day by day; the days are the account's.
select
    account.name,
    local.day || ' ' || connector.name,
    format('%%s delivered on the statement and not by receipts, %%s the other way round, %%s without a final receipt',
        count(*) filter (where line.is_delivered and not told.delivered),
        count(*) filter (where not line.is_delivered and told.delivered),
        count(*) filter (where told.delivered is null))
from dispatch.statement_line as line
join intake.campaign using (campaign_id)
join account.account using (account_id)
join dispatch.connector using (connector_id)
cross join lateral (
    select bool_or(receipt.state = 2) as delivered
    from dispatch.receipt_match as receipt
    where receipt.campaign_id = line.campaign_id
      and receipt.ordinal = line.ordinal
      and receipt.segment = line.segment
      and receipt.attempt = line.attempt
      and receipt.final
) as told
cross join lateral (select (coalesce(line.accepted_at, line.loaded_at) at time zone account.timezone)::date as day) as local
where not line.is_other
  and line.is_delivered is distinct from told.delivered
  and line.is_delivered is not null
group by account.name, local.day, connector.name
order by account.name, local.day, connector.name;

-- prices --
-- What carriers' statements ask for segments otherwise than was agreed (buy rates), day by day of the cost; a price per delivery is due
-- once a receipt says delivered. Without a buy rate there is nothing to compare: finance.margin_errors tells of that.
with

agreed as (

    select distinct account_id, connector, network_id, day, per, currency, rate
    from finance.carrier_costs
    where rate is not null

),

line as (

    select
        submission.account_id, account.name as account, connector.name as connector, submission.network_id,
        (submission.sent_at at time zone entity.timezone)::date as day, line.price, line.currency,
        exists (
            select
            from dispatch.receipt_match as receipt
            where receipt.campaign_id = line.campaign_id
              and receipt.ordinal = line.ordinal
              and receipt.segment = line.segment
              and receipt.attempt = line.attempt
              and receipt.final
              and receipt.state = 2
        ) as is_delivered
    from dispatch.statement_line as line
    join dispatch.connector using (connector_id)
    join dispatch.submission using (campaign_id, ordinal, segment, attempt)
    join account.account on account.account_id = submission.account_id
    join account.legal_entity as entity using (legal_entity_id)
    where line.price is not null
      and not line.is_other

),

compared as (

    select
        line.*, agreed.currency as agreed_currency,
        case when agreed.per = 'submission' or line.is_delivered then agreed.rate else 0 end as agreed_price
    from line
    join agreed using (account_id, connector, network_id, day)

)

select
    account, day || ' ' || connector,
    format('%%s segments priced otherwise: %%s %%s on the statement, %%s %%s agreed', count(*), sum(price),
        coalesce(currency, agreed_currency), sum(agreed_price), agreed_currency)
from compared
where price <> agreed_price
   or coalesce(currency, agreed_currency) <> agreed_currency
group by account, day, connector, coalesce(currency, agreed_currency), agreed_currency
order by account, day, connector;

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
    (select count(*) from billing.invoice) + (select count(*) from billing.credit_note),
    (
        select count(*)
        from billing.bank_line
        where not exists (select from account.payment where payment.bank_line_id = bank_line.bank_line_id)
    )
from finance.reconciliation
where %(account)s::text is null or account = %(account)s;
