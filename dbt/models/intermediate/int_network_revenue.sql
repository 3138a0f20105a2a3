-- One row per account, local day and network: segments, and what 4100 usage revenue has, or will have at the month's end, of them.
-- network_id is null for what belongs to none: the loaded past, shortfalls served later, minimums, reversals, credit notes. Each day's
-- revenue is spread over its segments in equal parts, of a postpaid day zone by zone; cents go by the running total, so that the
-- parts sum up to it. Revenue is null where segments have no rate (finance.rating_errors).

with

counts as (

    select *
    from {{ ref('int_sent_counts') }}
    where charged > 0

),

ledger as (

    select *
    from {{ ref('ledger_entries') }}
    where ledger_account = '4100 usage revenue'

),

movements as (

    select *
    from {{ ref('int_prepaid_movements') }}
    where kind in ('usage', 'late_usage', 'shortfall', 'served')

),

rated as (

    select * from {{ ref('int_rated_usage') }}

),

months as (

    select * from {{ ref('int_billing_months') }}

),

terms as (

    select * from {{ ref('stg_terms') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

-- a line of an invoice is its quantity x its rate, rounded once: each day has what the line grew by
lines as (

    select
        rated.account_id,
        rated.month,
        case when rated.is_late then rated.month else rated.sent_day end as day,
        rated.sent_day,
        rated.zone,
        rated.quantity as units,
        months.digits,
        round(sum(rated.quantity) over up_to_day * rated.rate, months.digits)
        - round((sum(rated.quantity) over up_to_day - rated.quantity) * rated.rate, months.digits) as amount
    from rated
    inner join months
        on rated.account_id = months.account_id
        and rated.month = months.month
    window up_to_day as (
        partition by rated.account_id, rated.month, rated.is_late, rated.zone, rated.card_from, rated.from_unit, rated.rate
        order by rated.sent_day
    )

),

drawn as (

    select
        account_id,
        event_day as day,
        sum(abs(units)) as units,
        coalesce(sum(abs(units)) filter (where kind = 'served'), 0) as served
    from movements
    group by account_id, event_day

),

used as (

    select
        account_id,
        split_part(entry, ':', 2)::date as day,
        sum(credit - debit) as amount
    from ledger
    where kind = 'usage'
    group by account_id, split_part(entry, ':', 2)::date

),

-- what is spread: a prepaid account's day, or a zone of a postpaid one's
pots as (

    select
        drawn.account_id,
        drawn.day,
        drawn.day as sent_day,
        '' as zone,
        drawn.units,
        drawn.served,
        coalesce(used.amount, 0) as amount,
        terms.digits
    from drawn
    inner join terms
        on drawn.account_id = terms.account_id
        and drawn.day >= terms.first_day
        and (terms.last_day is null or drawn.day <= terms.last_day)
    left join used
        on drawn.account_id = used.account_id
        and drawn.day = used.day

    union all

    select
        account_id,
        day,
        sent_day,
        zone,
        sum(units) as units,
        0 as served,
        sum(amount) as amount,
        min(digits) as digits
    from lines
    group by account_id, day, sent_day, zone

),

sent as (

    select
        account_id,
        charged_day as day,
        case scheme when 'postpaid' then sent_day else charged_day end as sent_day,
        case scheme when 'postpaid' then zone else '' end as zone,
        network_id,
        sum(charged)::bigint as segments
    from counts
    group by
        account_id,
        charged_day,
        case scheme when 'postpaid' then sent_day else charged_day end,
        case scheme when 'postpaid' then zone else '' end,
        network_id

),

sent_in_all as (

    select
        account_id,
        day,
        sent_day,
        zone,
        sum(segments) as segments
    from sent
    group by account_id, day, sent_day, zone

),

shares as (

    select
        *,
        segments as weight
    from sent

    union all

    -- what is served later was a segment, with its network, on the day that it was sent
    select
        pots.account_id,
        pots.day,
        pots.sent_day,
        pots.zone,
        null::integer as network_id,
        greatest(pots.units - pots.served - coalesce(sent_in_all.segments, 0), 0)::bigint as segments,
        (pots.units - coalesce(sent_in_all.segments, 0))::bigint as weight
    from pots
    left join sent_in_all
        on pots.account_id = sent_in_all.account_id
        and pots.day = sent_in_all.day
        and pots.sent_day = sent_in_all.sent_day
        and pots.zone = sent_in_all.zone
    where pots.units > coalesce(sent_in_all.segments, 0)

),

run_up as (

    select
        *,
        sum(weight) over (
            partition by account_id, day, sent_day, zone
            order by network_id nulls last
        ) as up_to,
        sum(weight) over (partition by account_id, day, sent_day, zone) as in_all
    from shares

),

spread as (

    select
        run_up.account_id,
        run_up.day,
        run_up.network_id,
        run_up.segments,
        round(pots.amount * run_up.up_to / run_up.in_all, pots.digits)
        - round(pots.amount * (run_up.up_to - run_up.weight) / run_up.in_all, pots.digits) as revenue
    from run_up
    left join pots
        on run_up.account_id = pots.account_id
        and run_up.day = pots.day
        and run_up.sent_day = pots.sent_day
        and run_up.zone = pots.zone

),

billed as (

    select
        account_id,
        to_char(month, 'YYYY-MM') as month,
        sum(amount) as amount
    from lines
    group by account_id, to_char(month, 'YYYY-MM')

),

-- what a month's end posts beside its usage is a minimum
others as (

    select
        ledger.account_id,
        {{ local_day('ledger.at', 'accounts.timezone') }} as day,
        ledger.credit - ledger.debit - case ledger.kind when 'month_end' then coalesce(billed.amount, 0) else 0 end as revenue
    from ledger
    inner join accounts
        on ledger.account_id = accounts.account_id
    left join billed
        on ledger.account_id = billed.account_id
        and ledger.month = billed.month
    where ledger.kind <> 'usage'

),

parts as (

    select * from spread

    union all

    select
        account_id,
        day,
        null::integer as network_id,
        0::bigint as segments,
        revenue
    from others
    where revenue <> 0

),

final as (

    select
        account_id,
        day,
        network_id,
        sum(segments)::bigint as segments,
        case when count(*) = count(revenue) then sum(revenue) end as revenue
    from parts
    group by account_id, day, network_id

)

select * from final
