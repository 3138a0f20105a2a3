-- What a carrier says it accepted, beside our log.

-- connector --
select connector_id, message_id_form
from dispatch.connector
where name = %(name)s;

-- prepare --
create temporary table claimed (
    line integer primary key,
    carrier_message_id text not null,
    message_ids text[] not null,
    msisdn bigint not null,
    source text,
    reference integer,
    accepted_at timestamptz
) on commit drop;

-- copy_lines --
copy claimed (line, carrier_message_id, message_ids, msisdn, source, reference, accepted_at) from stdin;

-- keep --
insert into dispatch.statement_line (
    connector_id, carrier_message_id, destination, source, reference, accepted_at, statement)
select %(connector)s, carrier_message_id, msisdn::text, source, reference, accepted_at, %(statement)s
from claimed
on conflict do nothing;

-- agree --
-- The lines of which our log knows the accepted attempt.
create temporary table agreed on commit drop as
select distinct on (claimed.line) claimed.line, attempt.campaign_id, attempt.ordinal, attempt.segment, attempt.attempt
from claimed
join dispatch.attempt
    on attempt.connector_id = %(connector)s
    and attempt.state = 'accepted'
    and attempt.carrier_message_id = any (claimed.message_ids)
join dispatch.message
    on message.campaign_id = attempt.campaign_id
    and message.ordinal = attempt.ordinal
    and message.msisdn = claimed.msisdn
order by claimed.line, attempt.sent_at desc;

-- settle --
-- The others, on attempts in doubt or unknown: by recipient, sender and reference as far as the statement has them. Where it
-- does not tell attempts apart they are taken in order, as many as both sides have.
with open as (
    select claimed.*, row_number() over (partition by msisdn, source, reference order by accepted_at, line) as n
    from claimed
    where not exists (select from agreed where agreed.line = claimed.line)
),

doubtful as (
    select
        attempt.account_id, attempt.campaign_id, attempt.ordinal, attempt.segment, attempt.attempt, attempt.reference,
        attempt.sent_at, message.msisdn, ltrim(campaign.sender, '+') as sender
    from dispatch.attempt
    join dispatch.message using (campaign_id, ordinal)
    join intake.campaign using (campaign_id)
    where attempt.connector_id = %(connector)s
      and attempt.state in ('in_doubt', 'unknown')
),

pair as (
    select distinct on (open.line) open.line, open.carrier_message_id, candidate.*
    from open
    join lateral (
        select doubtful.*, row_number() over (order by doubtful.sent_at, doubtful.ordinal, doubtful.segment) as n
        from doubtful
        where doubtful.msisdn = open.msisdn
          and (open.source is null or ltrim(open.source, '+') = doubtful.sender)
          and (open.reference is null or open.reference = doubtful.reference)
    ) as candidate on candidate.n = open.n
    order by open.line
),

once as (
    select distinct on (campaign_id, ordinal, segment, attempt) pair.*
    from pair
    order by campaign_id, ordinal, segment, attempt, line
),

settled as (
    insert into dispatch.settlement (account_id, campaign_id, ordinal, segment, attempt, state, proof, carrier_message_id)
    select account_id, campaign_id, ordinal, segment, attempt, 'accepted', 'statement', carrier_message_id
    from once
    on conflict do nothing
    returning campaign_id, ordinal, segment, attempt
),

known as (
    insert into agreed (line, campaign_id, ordinal, segment, attempt)
    select once.line, once.campaign_id, once.ordinal, once.segment, once.attempt
    from once
    join settled using (campaign_id, ordinal, segment, attempt)
)

select campaign_id, ordinal
from settled;

-- only_theirs --
-- Lines for which our log has no attempt.
select line, msisdn, accepted_at
from claimed
where not exists (select from agreed where agreed.line = claimed.line)
order by line;

-- only_ours --
-- Accepted segments of the statement's times that it lacks.
select attempt.campaign_id, message.line, attempt.segment, message.msisdn, attempt.sent_at
from dispatch.attempt
join dispatch.message using (campaign_id, ordinal)
where attempt.connector_id = %(connector)s
  and attempt.state = 'accepted'
  and attempt.sent_at between (select min(accepted_at) from claimed) and (select max(accepted_at) from claimed)
  and not exists (
    select
    from agreed
    where agreed.campaign_id = attempt.campaign_id
      and agreed.ordinal = attempt.ordinal
      and agreed.segment = attempt.segment
      and agreed.attempt = attempt.attempt
)
order by attempt.campaign_id, message.line, attempt.segment;
