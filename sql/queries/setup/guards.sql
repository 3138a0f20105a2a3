-- What an account has been through, which says what of it may still change.

-- lock --
-- One set-up at a time; the lock ends with the transaction.
select pg_advisory_xact_lock(hashtext('outbound apply'));

-- wait_for_build --
-- Until no marts are being built and no month is being closed; the next build waits for this transaction.
select pg_advisory_xact_lock(hashtext('billing.build'));

-- wake --
-- Dispatch workers look at once at what changed.
notify outbound_dispatch;

-- past --
select
    account.account_id,
    (now() at time zone account.timezone)::date as today,
    (
        select (max(month) + interval '1 month')::date
        from billing.closed_period
        where closed_period.account_id = account.account_id
    ) as open_from,
    exists (select from account.purchase where purchase.account_id = account.account_id)
        or exists (select from account.purchase_order where purchase_order.account_id = account.account_id)
        or exists (select from account.payment where payment.account_id = account.account_id)
        or exists (select from account.adjustment where adjustment.account_id = account.account_id)
        or exists (select from account.past_usage where past_usage.account_id = account.account_id)
        or exists (select from account.opening where opening.account_id = account.account_id)
        or exists (select from intake.campaign where campaign.account_id = account.account_id) as has_facts,
    (
        select max((document.at at time zone account.timezone)::date)
        from (
            select at from account.purchase where purchase.account_id = account.account_id and not is_history
            union all
            select at
            from account.adjustment
            where adjustment.account_id = account.account_id and adjustment.kind = 'refund' and not is_history
        ) as document
    ) as last_order
from account.account
where account.name = %(name)s;

-- remains --
-- What stands against a change of scheme at the start of a day (CHARGING 30): units, shortfall, promised and in doubt.
select
    coalesce((select sum(lot.remaining) from unnest(state.lots) as lot), 0)::bigint as units,
    (
        coalesce((select sum(shortfall.units) from unnest(state.shortfalls) as shortfall), 0)
        + coalesce((select sum(claim.units) from unnest(state.claims) as claim), 0)
    )::bigint as shortfall,
    coalesce((
        select sum(progress.unsent + progress.in_doubt)
        from account.reservation
        join dispatch.campaign_progress as progress using (campaign_id)
        where reservation.account_id = account.account_id
          and reservation.closed_at is null
    ), 0)::bigint as promised
from account.account
cross join lateral billing.prepaid_state_at(account.account_id, billing.day_start(%(day)s, account.timezone)) as state
where account.account_id = %(account)s;

-- landings --
select name, landing
from account.account
where name <> all (%(names)s);

-- taken_emails --
-- E-mail addresses that belong to staff or to another account.
select person.email, coalesce(owner.name, 'staff') as owner
from account.person
left join account.account as owner using (account_id)
where person.email = any (%(emails)s)
  and owner.name is distinct from %(account)s;

-- managed --
-- E-mail addresses of an account's people, null: of staff, whom somebody looks after in the portal.
select person.email
from account.person
left join account.account as owner using (account_id)
where owner.name is not distinct from %(account)s
  and person.managed_by is not null;
