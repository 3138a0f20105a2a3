-- What of the logs goes when its time is over. No stage may delete from a log: each of these knows itself what is old enough.

-- The receipts of the days before the last 90 go, by partitions: how many. A receipt quotes its message's text. None goes that the
-- matcher has not looked at. It waits two seconds for workers at most, for they wait for it.
create function dispatch.forget_receipts() returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
    before constant date := (now() at time zone 'UTC')::date - 90;
    day text;
    gone integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('dispatch.receipt'), 0);
    if exists (
        select
        from dispatch.receipt
        cross join dispatch.receipts_matched
        where receipt.received_at < before::timestamp at time zone 'UTC'
          and receipt.load_xid >= receipts_matched.done_below
    ) then
        return 0;
    end if;
    for day in
        select relname
        from pg_inherits
        join pg_class on pg_class.oid = inhrelid
        where inhparent = 'dispatch.receipt'::regclass
          and relname < 'receipt_' || to_char(before, 'YYYYMMDD')
    loop
        execute format('drop table dispatch.%I', day);
        gone := gone + 1;
    end loop;
    return gone;
end
$$;

-- What workers intended of a campaign that is over for 90 days. Nothing recovers from it: every attempt has its row in the log.
create function dispatch.forget_intents(of_campaign bigint) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from dispatch.intent
    using dispatch.batch, intake.campaign
    where batch.campaign_id = of_campaign
      and intent.batch_id = batch.batch_id
      and campaign.campaign_id = batch.campaign_id
      and campaign.completed_at < now() - interval '90 days';
$$;

-- The commits of workers that ended 90 days ago.
create function dispatch.forget_commits() returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from dispatch.group_commit
    using dispatch.epoch
    where group_commit.epoch_id = epoch.epoch_id
      and epoch.settled_at < now() - interval '90 days';
$$;

-- Replies of 90 days ago: how many. A wish to be left alone is kept three years, as consent is, with the words it was said in.
create function dispatch.forget_replies() returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
    with shown as (
        delete from dispatch.inbox
        where received_at < now() - case when is_stop then interval '3 years' else interval '90 days' end
    ),
    gone as (
        delete from dispatch.reply
        where received_at < now() - case when is_stop then interval '3 years' else interval '90 days' end
        returning reply_id
    )
    select count(*) from gone;
$$;

revoke execute on function dispatch.forget_receipts(), dispatch.forget_intents(bigint), dispatch.forget_commits(),
    dispatch.forget_replies() from public;
grant execute on function dispatch.forget_receipts(), dispatch.forget_intents(bigint), dispatch.forget_commits(),
    dispatch.forget_replies() to outbound_dispatch;
