-- What of a campaign failed for good, and may go another time.

-- failed --
-- [message], by line: none of its segments was accepted or may have been; refused for what passes, or never got that far.
with

tried as (

    select
        ordinal,
        bool_or(state in ('accepted', 'in_doubt', 'unknown')) as may_have_gone,
        bool_or(state = 'rejected' and not transient) as is_refused,
        bool_and(command_status = any (%(passing)s::int[])) filter (where state = 'rejected' and not transient) as is_for_now
    from dispatch.attempt
    where campaign_id = %(campaign)s
    group by ordinal

)

select message.line
from dispatch.message
left join tried using (ordinal)
left join dispatch.dropped
    on dropped.campaign_id = message.campaign_id
    and dropped.ordinal = message.ordinal
where message.campaign_id = %(campaign)s
  and not coalesce(tried.may_have_gone, false)
  and coalesce(dropped.reason, '') not in ('opted_out', 'not_in_base', 'cancelled')
  and case
      when tried.is_refused then tried.is_for_now
      else coalesce(dropped.reason in ('expired', 'no_route'), false)
  end
order by message.line;
