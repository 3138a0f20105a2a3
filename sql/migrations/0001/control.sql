-- What an operator or the platform itself says about sending now: kill switches, and campaigns that stand still.

-- [kill switch that is on]: of one account, of one connector, of the whole platform where it names neither.
create table dispatch.stop (
    stop_id bigint generated always as identity primary key,
    account_id bigint references account.account,
    connector_id integer references dispatch.connector,
    reason text not null check (reason <> ''),
    stopped_by text not null,
    stopped_at timestamptz not null default clock_timestamp(),
    unique nulls not distinct (account_id, connector_id),
    check (account_id is null or connector_id is null)
);
comment on table dispatch.stop is 'Lifted by removing the row; account.audit tells who stopped and resumed what.';

-- Whether nothing may be sent of this account over this connector. A null asks for the platform and the other one only.
create function dispatch.is_stopped(account bigint, connector integer) returns boolean
language sql stable as $$
    select exists (
        select
        from dispatch.stop
        where (stop.account_id is null and stop.connector_id is null)
           or stop.account_id = account
           or stop.connector_id = connector
    )
$$;

-- Pauses a campaign of which nothing was ever intended; false where something was, or it is not under way. Waits for no
-- worker: one that is about to commit an intent holds its batch, and lock_not_available says to ask again.
create function dispatch.pause_unsent(of_campaign bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from intake.campaign where campaign_id = of_campaign and state in ('accepted', 'paused') for update;
    if not found then
        return false;
    end if;
    -- from here on an intent waits for this transaction, and then finds the campaign paused
    perform from dispatch.batch where campaign_id = of_campaign for update nowait;
    if exists (
        select
        from dispatch.batch
        join dispatch.intent using (batch_id)
        where batch.campaign_id = of_campaign
    ) then
        return false;
    end if;
    update intake.campaign set state = 'paused' where campaign_id = of_campaign;
    return true;
end
$$;

-- What was paused waited for somebody: the validity of what is left counts from now, or from its own later time.
create function dispatch.renew_validity(of_campaign bigint) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    update dispatch.batch
    set expires_at = least(greatest(batch.not_before, campaign.opens_at, now()) + campaign.validity, campaign.ends_at)
    from intake.campaign
    where campaign.campaign_id = of_campaign
      and batch.campaign_id = campaign.campaign_id
      and batch.state <> 'done'
$$;

-- The code for which the platform itself paused a campaign: nobody paused it otherwise since. Null where somebody did, or it is
-- not paused.
create function intake.paused_for(campaign intake.campaign) returns text
language sql stable as $$
    select event.detail ->> 'code'
    from intake.campaign_event as event
    where campaign.state = 'paused'
      and event.campaign_id = campaign.campaign_id
      and event.kind = 'paused'
    order by event.campaign_event_id desc
    limit 1
$$;

-- Whether a late manifest is what a campaign stands still for.
create function intake.is_held_late(campaign intake.campaign) returns boolean
language sql stable as $$
    select coalesce(intake.paused_for(campaign) = 'LATE_MANIFEST', false)
$$;
