-- The usage that an invoice bills, line by line. A row's net is the rise of its line's rounded net up to and with it: the rows of
-- a line come to the line's net exactly, however they are cut (CHARGING 28).

-- segments --
-- A row per charged segment, with its number as long as retention keeps it; in the order that tiers count.
with

used as (

    select
        line.n as line, usage.campaign, usage.usage, message.msisdn::text as msisdn, usage.sent_at, usage.zone, usage.rate,
        usage.quantity, usage.ordinal_in_month, usage.segment,
        sum(usage.quantity) over (
            partition by line.n order by usage.ordinal_in_month, usage.usage collate "C" rows unbounded preceding) as units_so_far
    from billing.invoice_line as line
    join finance.invoice_usage as usage
        on usage.account_id = line.account_id
        and usage.month_start = %(month)s
        and usage.is_late = (line.kind = 'late_usage')
        and usage.zone = line.zone
        and usage.card_from = line.card_from
        and usage.from_unit = line.from_unit
        and usage.rate = line.rate
    left join dispatch.message
        on message.campaign_id = usage.campaign
        and message.ordinal = usage.ordinal
        and message.account_id = usage.account_id
    where line.invoice_id = %(invoice)s
      and line.account_id = %(account)s
      and line.kind in ('usage', 'late_usage')

),

rows as (

    select
        line, campaign, usage, msisdn, sent_at, zone, rate, quantity as segments,
        round(units_so_far * rate, %(digits)s) - round((units_so_far - quantity) * rate, %(digits)s) as net, ordinal_in_month
    from used

    union all

    select n, null, null, null, null, null, null, 0, net, 0
    from billing.invoice_line
    where invoice_id = %(invoice)s
      and kind = 'minimum'

)

select line, campaign, usage, msisdn, sent_at, zone, rate, segments, net
from rows
order by line, ordinal_in_month, usage collate "C";

-- days --
-- A row per line, campaign, zone and local day of submission.
with

used as (

    select line.n as line, usage.campaign, usage.sent_day, usage.zone, usage.rate, sum(usage.quantity)::bigint as quantity
    from billing.invoice_line as line
    join finance.invoice_usage as usage
        on usage.account_id = line.account_id
        and usage.month_start = %(month)s
        and usage.is_late = (line.kind = 'late_usage')
        and usage.zone = line.zone
        and usage.card_from = line.card_from
        and usage.from_unit = line.from_unit
        and usage.rate = line.rate
    where line.invoice_id = %(invoice)s
      and line.account_id = %(account)s
      and line.kind in ('usage', 'late_usage')
    group by line.n, usage.campaign, usage.sent_day, usage.zone, usage.rate

),

counted as (

    select
        *,
        sum(quantity) over (partition by line order by sent_day, campaign rows unbounded preceding) as units_so_far
    from used

),

rows as (

    select
        line, campaign, sent_day as day, zone, rate, quantity as segments,
        round(units_so_far * rate, %(digits)s) - round((units_so_far - quantity) * rate, %(digits)s) as net
    from counted

    union all

    select n, null, null, null, null, 0, net
    from billing.invoice_line
    where invoice_id = %(invoice)s
      and kind = 'minimum'

)

select line, campaign, day, zone, rate, segments, net
from rows
order by line, day, campaign;
