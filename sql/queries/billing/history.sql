-- Loading a past: records land in a table of the transaction, are checked as a whole, and become facts.

-- land --
create temporary table landed (
    line integer not null,
    account text not null,
    kind text not null,
    key text not null,
    at timestamptz not null,
    units bigint,
    rate numeric,
    zone text,
    amount numeric,
    withheld numeric,
    certificate text,
    usage_key text,
    note text,
    next_number bigint,
    lots jsonb,
    deferred numeric
) on commit drop;

-- index_landed --
create index on landed (account, key);

-- analyze_landed --
analyze landed;

-- take_turn --
-- Two loads into the same accounts come one after the other.
select pg_advisory_xact_lock(hashtext('billing.history'));

-- unknown_accounts --
select min(line), account
from landed
where not exists (select from account.account where account.name = landed.account)
group by account
order by 1;

-- resolve --
-- The records with their account, the terms of their local day and the rate that the card has for a purchase without one.
create temporary table record on commit drop as
select
    landed.*,
    account.account_id,
    account.timezone,
    account.legal_entity_id,
    term.scheme,
    coalesce(
        (select valuation from billing.closed_period as closed
         where closed.account_id = account.account_id and valuation is not null order by month limit 1),
        (account.term_on(account.account_id, 'infinity')).valuation) as valuation,
    (
        select min(later.effective_from)
        from account.term as later
        where later.account_id = account.account_id
          and later.effective_from > (landed.at at time zone account.timezone)::date
          and later.scheme <> term.scheme
    ) as scheme_until,
    billing.currency_digits(term.currency) as digits,
    card.rate as card_rate,
    account.order_zones(account.account_id, landed.zone) as zones,
    card.rates as card_rates
from landed
join account.account on account.name = landed.account
cross join lateral account.term_on(account.account_id, (landed.at at time zone account.timezone)::date) as term
left join lateral (
    select min(priced.rate) as rate, count(*) as rates
    from billing.order_rate(
        account.account_id, (landed.at at time zone account.timezone)::date, landed.units, landed.zone) as priced
    where landed.kind = 'purchase'
) as card on true;

-- index_record --
create index on record (account_id, key);

-- analyze_record --
analyze record;

-- know --
-- What these accounts have already, in the same columns, for the ids that come again or that reversals name.
create temporary table known on commit drop as
select purchase.account_id, 'purchase' as kind, purchase.business_key as key, purchase.at, purchase.units, purchase.rate,
    null::text as zone, null::numeric as amount, null::numeric as withheld, null::text as certificate, null::text as usage_key,
    null::bigint as next_number
from account.purchase join record on record.account_id = purchase.account_id and record.key = purchase.business_key
union
select payment.account_id, 'payment', payment.business_key, payment.at, null, null, null, payment.amount, payment.withheld,
    payment.certificate, null, null
from account.payment join record on record.account_id = payment.account_id and record.key = payment.business_key
union
select adjustment.account_id, adjustment.kind, adjustment.business_key, adjustment.at, adjustment.units, null, null, null,
    null, null, adjustment.usage_key, null
from account.adjustment join record on record.account_id = adjustment.account_id and record.key = adjustment.business_key
union
select past_usage.account_id, 'usage', past_usage.business_key, past_usage.at, past_usage.units, null, past_usage.zone, null, null, null,
    null, null
from account.past_usage join record on record.account_id = past_usage.account_id and record.key = past_usage.business_key
union
select opening.account_id, 'opening', opening.business_key, opening.at,
    (select sum(units)::bigint from account.opening_lot where opening_lot.opening_id = opening.opening_id), null, null, opening.receivable, null,
    null, null, opening.next_invoice_number
from account.opening join record on record.account_id = opening.account_id and record.key = opening.business_key;

-- forget_known --
-- A record that says what is there already, or what an earlier line says, is no error and nothing new.
delete from record
using known
where known.account_id = record.account_id
  and known.key = record.key
  and known.kind = record.kind
  and known.at = record.at
  and known.units is not distinct from record.units
  and (record.rate is null or known.rate = record.rate)
  and (record.kind <> 'usage' or known.zone = record.zone)
  and known.amount is not distinct from record.amount
  and known.withheld is not distinct from record.withheld
  and known.certificate is not distinct from record.certificate
  and known.usage_key is not distinct from record.usage_key
  and known.next_number is not distinct from record.next_number;

-- forget_repeated --
delete from record
using record as earlier
where earlier.account_id = record.account_id
  and earlier.key = record.key
  and earlier.line < record.line
  and (earlier.kind, earlier.at, earlier.units, earlier.rate, earlier.zone, earlier.amount, earlier.withheld, earlier.certificate, earlier.usage_key,
       earlier.next_number, earlier.lots)
      is not distinct from
      (record.kind, record.at, record.units, record.rate, record.zone, record.amount, record.withheld, record.certificate, record.usage_key,
       record.next_number, record.lots);

-- errors --
-- Every record that cannot become a fact, with its line.
select record.line, format('id %s is there already, and says something else', record.key) as error
from record
join known using (account_id, key)

union all

select record.line, format('id %s stands on line %s too, and says something else there', record.key, min(earlier.line))
from record
join record as earlier on earlier.account_id = record.account_id and earlier.key = record.key and earlier.line < record.line
group by record.line, record.key

union all

select record.line, format('%s has closed its months up to %s: only usage can still be loaded before that', record.account,
    to_char(closed.month, 'YYYY-MM'))
from record
join lateral (
    select max(month) as month, max(ends_at) as ends_at
    from billing.closed_period
    where closed_period.account_id = record.account_id
) as closed on record.at < closed.ends_at
where record.kind <> 'usage'

union all

select line, format('%s is postpaid on that day: %s', account, case kind
    when 'purchase' then 'it buys no units' when 'reversal' then 'its usage is corrected by credit notes' else 'it has no units' end)
from record
where scheme = 'postpaid'
  and (kind in ('purchase', 'grant', 'refund', 'reversal') or kind = 'opening' and lots <> '[]')

union all

select line, format('%s is postpaid from %s on: no units of it may remain then, so none are added', account, scheme_until)
from record
where scheme = 'prepaid'
  and scheme_until is not null
  and kind in ('purchase', 'grant')
  and billing.last_valid_day((at at time zone timezone)::date) >= scheme_until
  and scheme_until > (now() at time zone timezone)::date

union all

select line, format('%s has no rate card%s on that day: give the rate', account, ' for ' || zone)
from record
where kind = 'purchase' and rate is null and card_rates = 0

union all

select line, format('the cards of %s differ by zone on that day: give the rate, or the zone', account)
from record
where kind = 'purchase' and rate is null and card_rates > 1

union all

select line, format('an amount of %s has at most %s digits after the point, not %s', account, digits, amount)
from record
where amount <> round(amount, digits)

union all

select line, format('an amount of %s has at most %s digits after the point, not %s', account, digits, withheld)
from record
where withheld <> round(withheld, digits)

union all

select record.line, format('lot %s: a carrying value of %s has at most %s digits after the point', lot.n, record.account, record.digits)
from record
cross join lateral jsonb_array_elements(record.lots) with ordinality as lot (content, n)
where (lot.content ->> 'carrying_value')::numeric <> round((lot.content ->> 'carrying_value')::numeric, record.digits)

union all

-- what a lot is worth is its units at its rate; only the blended valuation takes another value for it (CHARGING 18, 24)
select record.line, format('lot %s: %s units at %s are worth %s, not %s', lot.n, lot.content ->> 'units', lot.content ->> 'rate',
    worth.amount, lot.content ->> 'carrying_value')
from record
cross join lateral jsonb_array_elements(record.lots) with ordinality as lot (content, n)
cross join lateral (
    select billing.carrying_value((lot.content ->> 'units')::bigint, (lot.content ->> 'rate')::numeric, record.digits) as amount
) as worth
where record.valuation = 'rerate'
  and (lot.content ->> 'carrying_value')::numeric <> worth.amount

union all

select record.line, format('the lots are worth %s in all, the deferred revenue is said to be %s', coalesce(summed.amount, 0), record.deferred)
from record
cross join lateral (
    select sum((lot.content ->> 'carrying_value')::numeric) as amount
    from jsonb_array_elements(record.lots) as lot (content)
) as summed
where record.deferred <> coalesce(summed.amount, 0)

union all

select record.line, format('lot %s: it was last valid on %s and has lapsed before the opening', lot.n, lot.content ->> 'last_valid_day')
from record
cross join lateral jsonb_array_elements(record.lots) with ordinality as lot (content, n)
where billing.day_start((lot.content ->> 'last_valid_day')::date + 1, record.timezone) <= record.at

union all

select record.line, format('lot %s: it was opened at %s, after the opening', lot.n, lot.content ->> 'opened_at')
from record
cross join lateral jsonb_array_elements(record.lots) with ordinality as lot (content, n)
where (lot.content ->> 'opened_at')::timestamptz > record.at

union all

-- what works here has its doors, with a second person and a tax document: a past is loaded before
select min(record.line), format('%s works here already (%s): money and units of it are recorded by outbound purchase, payment, grant, refund and'
    ' reverse; of its past only usage can still be loaded (this and later lines)', record.account, own.what)
from record
join (
    select account_id, min(what collate "C") as what
    from (
        select account_id, 'purchase ' || business_key as what from account.purchase where not is_history
        union all
        select account_id, 'payment ' || business_key from account.payment where not is_history
        union all
        select account_id, kind || ' ' || business_key from account.adjustment where not is_history
        union all
        select account_id, 'invoice ' || label from billing.invoice
        union all
        select account_id, 'campaign ' || campaign_id from intake.campaign where dispatched_at is not null
    ) as done
    where account_id in (select account_id from record where kind <> 'usage')
    group by account_id
) as own using (account_id)
where record.kind <> 'usage'
group by record.account, own.what

union all

-- an opening is where an account's books begin
select record.line, format('something of %s lies before its opening: %s', record.account, (
    select min(before.what)
    from (
        select business_key as what from account.purchase where account_id = record.account_id and purchase.at < record.at
        union all
        select business_key from account.payment where account_id = record.account_id and payment.at < record.at
        union all
        select business_key from account.adjustment where account_id = record.account_id and adjustment.at < record.at
        union all
        select business_key from account.past_usage where account_id = record.account_id and past_usage.at < record.at
        union all
        select 'campaign ' || campaign_id from intake.campaign where account_id = record.account_id and accepted_at < record.at
    ) as before))
from record
where kind = 'opening'
  and exists (
    select from account.purchase where account_id = record.account_id and purchase.at < record.at
    union all
    select from account.payment where account_id = record.account_id and payment.at < record.at
    union all
    select from account.adjustment where account_id = record.account_id and adjustment.at < record.at
    union all
    select from account.past_usage where account_id = record.account_id and past_usage.at < record.at
    union all
    select from intake.campaign where account_id = record.account_id and accepted_at < record.at
  )

union all

select record.line, format('%s lies before the opening of %s, which is of %s UTC: the opening says what came of it', record.key,
    record.account, to_char(opening.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'))
from record
join (
    select account_id, at from account.opening
    union all
    select account_id, at from record as loaded where loaded.kind = 'opening'
) as opening using (account_id)
where record.kind <> 'opening'
  and record.at < opening.at

union all

select record.line, format('usage %s is given back already, by %s', record.usage_key, coalesce(given.business_key, earlier.key))
from record
left join account.adjustment as given
    on given.account_id = record.account_id and given.usage_key = record.usage_key
left join record as earlier
    on earlier.account_id = record.account_id and earlier.usage_key = record.usage_key and earlier.line < record.line
where record.kind = 'reversal'
  and (given.business_key is not null or earlier.key is not null)

union all

select record.line, format('%s has an opening already: %s', record.account, coalesce(opening.business_key, earlier.key))
from record
left join account.opening on opening.account_id = record.account_id
left join record as earlier
    on earlier.account_id = record.account_id and earlier.kind = 'opening' and earlier.line < record.line
where record.kind = 'opening'
  and (opening.business_key is not null or earlier.key is not null)

union all

-- one series a legal entity: its accounts' openings say the same of it
select record.line, format('the opening of %s says that the next invoice number is %s, not %s', other.name, other.next_number, record.next_number)
from record
join account.legal_entity as entity using (legal_entity_id)
join lateral (
    select account.name, opening.next_invoice_number as next_number, greatest(opening.at, opening.recorded_at) as from_when
    from account.opening
    join account.account using (account_id)
    where account.legal_entity_id = record.legal_entity_id
    union all
    select earlier.account, earlier.next_number, greatest(earlier.at, now())
    from record as earlier
    where earlier.kind = 'opening'
      and earlier.legal_entity_id = record.legal_entity_id
      and earlier.line < record.line
) as other on extract(year from other.from_when at time zone entity.timezone)
    = extract(year from greatest(record.at, now()) at time zone entity.timezone)
where record.kind = 'opening'
  and other.next_number <> record.next_number

union all

select record.line, format('the series of invoices has reached %s: the next number cannot be %s', counter.last_number, record.next_number)
from record
join account.legal_entity as entity using (legal_entity_id)
join billing.document_counter as counter
    on counter.legal_entity_id = record.legal_entity_id
    and counter.series = 'invoice'
    and counter.year = extract(year from greatest(record.at, now()) at time zone entity.timezone)
where record.next_number <> counter.last_number + 1
  and counter.last_number > 0

order by 1, 2;

-- load_purchases --
insert into account.purchase (account_id, business_key, at, units, rate, zones, is_history)
select account_id, key, at, units, coalesce(rate, card_rate), zones, true
from record
where kind = 'purchase'
order by line;

-- load_payments --
insert into account.payment (account_id, business_key, at, amount, withheld, certificate, reference, is_history)
select account_id, key, at, round(amount, digits), round(withheld, digits), certificate, note, true
from record
where kind = 'payment'
order by line;

-- load_adjustments --
insert into account.adjustment (account_id, business_key, kind, at, units, usage_key, reason, is_history)
select account_id, key, kind, at, units, usage_key, note, true
from record
where kind in ('grant', 'refund', 'reversal')
order by line;

-- load_usage --
insert into account.past_usage (account_id, business_key, at, units, zone)
select account_id, key, at, units, zone
from record
where kind = 'usage'
order by line;

-- load_openings --
with

opened as (

    insert into account.opening (account_id, business_key, at, receivable, next_invoice_number)
    select account_id, key, at, round(amount, digits), next_number
    from record
    where kind = 'opening'
    returning opening_id, account_id

)

insert into account.opening_lot (account_id, opening_id, n, opened_at, last_valid_day, units, rate, carrying_value)
select
    opened.account_id,
    opened.opening_id,
    lot.n,
    coalesce((lot.content ->> 'opened_at')::timestamptz, record.at),
    (lot.content ->> 'last_valid_day')::date,
    (lot.content ->> 'units')::bigint,
    (lot.content ->> 'rate')::numeric,
    round((lot.content ->> 'carrying_value')::numeric, record.digits)
from opened
join record on record.account_id = opened.account_id and record.kind = 'opening'
cross join lateral jsonb_array_elements(record.lots) with ordinality as lot (content, n);

-- counts --
-- What was new, by account and kind.
select account_id, account, kind, count(*), coalesce(sum(units), 0)::bigint
from record
group by account_id, account, kind
order by account, kind;

-- entities --
-- Whose books something new bears on by more than use and payments, and what exactly that is.
select
    record.legal_entity_id,
    entity.approvals,
    string_agg(distinct record.account, ', ' order by record.account),
    count(*),
    encode(sha256(string_agg(
        sha256(convert_to(record::text, 'UTF8')), ''::bytea order by record.account_id, record.key collate "C")), 'hex')
from record
join account.legal_entity as entity using (legal_entity_id)
where record.kind not in ('usage', 'payment')
group by record.legal_entity_id, entity.approvals
order by record.legal_entity_id;
