-- Who has had enough messages of late.

-- capped --
copy (
    select message.msisdn
    from intake.campaign
    join dispatch.message using (campaign_id)
    where campaign.account_id = %(account)s
      and campaign.accepted_at is not null
      and campaign.eligible_at > %(at)s::timestamptz - make_interval(days => %(days)s)
      and (%(class)s::text is null or campaign.class = %(class)s)
      and message.msisdn is not null
      and not exists (
        select
        from dispatch.dropped
        where dropped.campaign_id = message.campaign_id
          and dropped.ordinal = message.ordinal
          and dropped.segments >= message.segments
    )
    group by message.msisdn
    having count(*) >= %(messages)s
) to stdout (format binary);
