-- What a month's close waits for, account by account: the very things that `outbound close-month` refuses to go past (CHARGING 16, 26).

-- accounts --
-- The month that each account has to close next, and how far it is: done, or open.
with

unsettled as (

    select account_id, min(at) as first_at
    from billing.unsettled_attempt
    group by account_id

)

select
    account.name as account,
    to_char(next.month, 'YYYY-MM') as month,
    case when due.ends_at <= now() then 'done' else 'open' end as over,
    case when built.as_of >= due.ends_at then 'done' else 'open' end as built,
    case when unsettled.first_at < due.ends_at then 'open' else 'done' end as certain,
    case
        when exists (
            select
            from finance.rating_errors as error
            where error.account_id = account.account_id
              and error.month <= to_char(next.month, 'YYYY-MM')
        ) then 'open'
        else 'done'
    end as rated,
    case
        when exists (
            select
            from finance.reconciliation as line
            where line.account_id = account.account_id
              and line.day < (next.month + interval '1 month')::date
              and not line.agrees
        ) then 'open'
        else 'done'
    end as agreed
from account.account
join billing.month_to_close as next using (account_id)
cross join lateral (select billing.day_start((next.month + interval '1 month')::date, account.timezone) as ends_at) as due
left join unsettled on unsettled.account_id = account.account_id
left join billing.good_build as built on true;

-- month --
-- One account's: when its month is over, when the books were built last, how many attempts nobody knows the end of.
select
    account.account_id,
    account.name as account,
    account.timezone,
    next.month as first_day,
    to_char(next.month, 'YYYY-MM') as month,
    due.ends_at,
    due.ends_at <= now() as is_over,
    built.as_of,
    coalesce(built.as_of >= due.ends_at, false) as is_built,
    (
        select count(*)
        from billing.unsettled_attempt as attempt
        where attempt.account_id = account.account_id
          and attempt.at < due.ends_at
    ) as uncertain,
    entity.approvals <> 'none' as takes_two
from account.account
join account.legal_entity as entity using (legal_entity_id)
join billing.month_to_close as next using (account_id)
cross join lateral (select billing.day_start((next.month + interval '1 month')::date, account.timezone) as ends_at) as due
left join billing.good_build as built on true
where account.name = %(account)s;

-- doubts --
-- Its attempts whose end nobody knows, each with the way to its message.
select
    attempt.campaign_id || ':' || attempt.ordinal as which, attempt.campaign_id as campaign, attempt.ordinal, attempt.at,
    connector.name as connector
from billing.unsettled_attempt as attempt
join dispatch.connector using (connector_id)
where attempt.account_id = %(account_id)s
  and attempt.at < %(ends_at)s
order by attempt.at
limit 50;

-- errors --
select month, error, subject, units
from finance.rating_errors
where account_id = %(account_id)s
  and month <= %(month)s
order by month, subject
limit 50;

-- disagreements --
select day, accepted, charged, past, ledger_units
from finance.reconciliation
where account_id = %(account_id)s
  and day < (%(first_day)s::date + interval '1 month')::date
  and not agrees
order by day
limit 50;
