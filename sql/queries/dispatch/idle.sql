-- What is left to send or to wait for, for a worker that ends when that is nothing.

-- left --
-- Batches that go now or soon (what a gate, a person, a kill switch, a later schedule or a closed window holds is not waited
-- for), attempts in doubt that may still be proven, and accepted segments of lately whose final receipt did not come yet.
select
    (
        select count(*)
        from dispatch.batch
        join intake.campaign using (campaign_id)
        where batch.state <> 'done'
          and batch.batch_id <> all (%(broken)s::bigint[])
          and (campaign.state = 'cancelled'
            or (campaign.state = 'accepted' and campaign.ends_at <= now())  -- is dropped, also in a closed window
            or (campaign.state = 'accepted'
              and not dispatch.is_stopped(batch.account_id, null)
              and batch.not_before < now() + make_interval(secs => %(soon)s)
              and (campaign.opens_at < now() + make_interval(secs => %(soon)s)) is not false))
    ) as to_send,
    (
        select count(*)
        from dispatch.doubt
        where doubt.sent_at > now() - interval '8 days'
    ) as in_doubt,
    (
        select coalesce(sum(greatest(progress.accepted - progress.final_receipts, 0)), 0)::bigint
        from intake.campaign
        join dispatch.campaign_progress as progress using (campaign_id)
        where campaign.state in ('accepted', 'cancelled')
          and coalesce(campaign.dispatched_at, now()) > now() - make_interval(secs => %(lately)s)
    ) as receipts;
