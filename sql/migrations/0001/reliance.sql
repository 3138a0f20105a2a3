-- How long the units last that accepted campaigns rely on (CHARGING 15): from then on nothing of a campaign is written.

-- [campaign of an account with something unsent]: from when on the units do not suffice for it. Who was accepted first is served
-- first, from what is valid longest; what is in doubt has been taken from what expires first. No row where units are not what is
-- counted. 1970: they do not suffice as it is.
create function billing.units_until(of_account bigint, at timestamptz) returns table (campaign_id bigint, units_until timestamptz)
language sql stable as $$
    with

    lot as (

        select lots.expires_at, lots.remaining
        from account.account as owner
        cross join lateral account.term_on(owner.account_id, (units_until.at at time zone owner.timezone)::date) as term
        cross join lateral unnest((billing.prepaid_state_at(owner.account_id, units_until.at)).lots) as lots
        where owner.account_id = of_account
          and term.scheme = 'prepaid'
          and lots.remaining > 0

    ),

    promised as (

        select
            reservation.campaign_id,
            progress.unsent,
            sum(progress.unsent) over (order by reservation.reserved_at, reservation.campaign_id) as needed,
            sum(progress.in_doubt) over () as in_doubt
        from account.reservation
        join dispatch.campaign_progress as progress using (campaign_id)
        join account.account as owner on owner.account_id = reservation.account_id
        cross join lateral account.term_on(owner.account_id, (units_until.at at time zone owner.timezone)::date) as term
        where reservation.account_id = of_account
          and reservation.closed_at is null
          and term.scheme = 'prepaid'

    ),

    moment as (

        select
            instant.expires_at,
            coalesce(sum(lot.remaining) filter (where lot.expires_at > instant.expires_at), 0) as valid,
            coalesce(sum(lot.remaining) filter (where lot.expires_at <= instant.expires_at), 0) as lapsed
        from (select expires_at from lot union select 'epoch') as instant
        left join lot on true
        group by instant.expires_at

    )

    select promised.campaign_id, min(moment.expires_at)
    from promised
    join moment on promised.needed + greatest(promised.in_doubt - moment.lapsed, 0) > moment.valid
    where promised.unsent > 0
    group by promised.campaign_id
$$;

-- Puts it on the account's campaigns that are under way. False: the account's turn is somebody else's, ask again. Waits for
-- nobody: a campaign whose row is taken keeps what it has until the next look.
create function billing.renew_units_until(of_account bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not pg_try_advisory_xact_lock(hashtext('account.reservation'), hashint8(of_account)) then
        return false;
    end if;
    with found as materialized (
        select * from billing.units_until(of_account, clock_timestamp())
    ),
    stale as (
        select campaign.campaign_id, found.units_until
        from intake.campaign
        join found using (campaign_id)
        where campaign.state in ('accepted', 'paused')
          and campaign.units_until is distinct from found.units_until
        for no key update of campaign skip locked
    )
    update intake.campaign
    set units_until = stale.units_until
    from stale
    where campaign.campaign_id = stale.campaign_id;
    return true;
end
$$;

-- A recharge or a grant is seen at once, and so are a refund and a reversal.
create function billing.note_units_moved() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if exists (
        select
        from intake.campaign
        where campaign.account_id = new.account_id
          and campaign.state in ('accepted', 'paused')
          and campaign.units_until is not null
    ) then
        perform billing.renew_units_until(new.account_id);
    end if;
    return null;
end
$$;
create trigger units_moved after insert on account.purchase for each row execute function billing.note_units_moved();
create trigger units_moved after insert on account.adjustment for each row execute function billing.note_units_moved();

revoke execute on function billing.renew_units_until(bigint), billing.note_units_moved() from public;
grant execute on function billing.renew_units_until(bigint) to outbound_ingest, outbound_dispatch;
