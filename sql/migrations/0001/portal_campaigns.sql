-- How far a campaign is, for the web's role: of the transaction's account, and at a cost that a page may have every second.

-- Segments by where they stand, as dispatch.campaign_progress counts them; of a large campaign that is under way only the messages
-- whose batches are done, for counting attempts takes longer the more there are.
create function portal.campaign_progress(of_campaign bigint) returns table (
    messages bigint, handled bigint, segments bigint, accepted bigint, rejected bigint, in_doubt bigint, unknown bigint, dropped bigint,
    unsent bigint, final_receipts bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select
        campaign.messages, batches.handled, campaign.segments, exact.accepted, exact.rejected, exact.in_doubt, exact.unknown,
        exact.dropped, exact.unsent, exact.final_receipts
    from intake.campaign
    cross join lateral (
        select coalesce(sum(batch.size) filter (where batch.state = 'done'), 0)::bigint as handled
        from dispatch.batch
        where batch.campaign_id = of_campaign
    ) as batches
    left join lateral (
        select progress.*
        from dispatch.campaign_progress as progress
        where progress.campaign_id = of_campaign
    ) as exact on campaign.segments <= 30000
    where campaign.campaign_id = of_campaign
      and campaign.account_id = account.current_account()
      and campaign.accepted_at is not null
$$;

revoke execute on function portal.campaign_progress(bigint) from public;
grant execute on function portal.campaign_progress(bigint) to outbound_web;
