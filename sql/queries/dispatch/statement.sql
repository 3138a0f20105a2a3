-- What a carrier says it accepted, beside our log. All of it is one transaction.

-- connector --
select connector_id, message_id_form
from dispatch.connector
where name = %(name)s;

-- lock --
-- One statement of a connector at a time: two would pair the same attempts.
select pg_advisory_xact_lock(hashtext('dispatch.statement_line'), %(connector)s);

-- prepare --
create temporary table claimed (
    line integer not null,
    message_ids text[] not null,
    msisdn bigint not null,
    source text,
    reference integer,
    accepted_at timestamptz,
    is_delivered boolean,
    price numeric,
    currency text
) on commit drop;

-- copy_lines --
copy claimed (line, message_ids, msisdn, source, reference, accepted_at, is_delivered, price, currency) from stdin;

-- drop_repeated --
-- A line that says again what an earlier one said counts once.
delete from claimed
using (
    select line, row_number() over (partition by message_ids[1], msisdn order by line) as n
    from claimed
) as repeated
where repeated.n > 1
  and claimed.line = repeated.line;

-- prepare_known --
-- [line] with the attempt of ours that has its id. same: to the same recipient, as far as the number is still kept.
create temporary table known (
    line integer not null,
    account_id bigint not null,
    campaign_id bigint not null,
    ordinal integer not null,
    segment smallint not null,
    attempt smallint not null,
    sent_at timestamptz not null,
    msisdn bigint,
    same boolean not null
) on commit drop;

-- find_by_answer --
-- Lines by the id of the answer: its likeliest form (rank 1), or another one, which may be another message's: then the
-- reference, where both have one, must be the same. The newest to the same recipient first.
insert into known
select distinct on (claimed.line)
    claimed.line, submission.account_id, submission.campaign_id, submission.ordinal, submission.segment, submission.attempt,
    submission.sent_at, message.msisdn, coalesce(message.msisdn = claimed.msisdn, true)
from claimed
cross join lateral unnest(claimed.message_ids[%(first)s:%(last)s]) as key (id)
join dispatch.submission
    on submission.connector_id = %(connector)s
    and submission.carrier_message_id = key.id
    and submission.state = 'accepted'
    and submission.sent_at >= %(since)s
    and submission.sent_at < %(until)s
    and (%(first)s = 1 or (submission.reference = claimed.reference) is not false)
join dispatch.message
    on message.campaign_id = submission.campaign_id
    and message.ordinal = submission.ordinal
where not exists (select from known where known.line = claimed.line and known.same)
order by claimed.line, coalesce(message.msisdn = claimed.msisdn, true) desc, submission.sent_at desc;

-- find_by_settlement --
-- What was in doubt carries its id where it was settled.
insert into known
select distinct on (claimed.line)
    claimed.line, submission.account_id, submission.campaign_id, submission.ordinal, submission.segment, submission.attempt,
    submission.sent_at, message.msisdn, coalesce(message.msisdn = claimed.msisdn, true)
from claimed
cross join lateral unnest(claimed.message_ids) as key (id)
join dispatch.settlement
    on settlement.carrier_message_id = key.id
    and settlement.state = 'accepted'
join dispatch.submission
    on submission.campaign_id = settlement.campaign_id
    and submission.ordinal = settlement.ordinal
    and submission.segment = settlement.segment
    and submission.attempt = settlement.attempt
    and submission.connector_id = %(connector)s
join dispatch.message
    on message.campaign_id = submission.campaign_id
    and message.ordinal = submission.ordinal
where not exists (select from known where known.line = claimed.line and known.same)
order by claimed.line, coalesce(message.msisdn = claimed.msisdn, true) desc, submission.sent_at desc;

-- forget_others --
-- An id to another recipient says something only where neither the line nor the attempt has found its like: one id may
-- stand for several, written in other ways.
delete from known
where not same
  and (exists (select from known as better where better.line = known.line and better.same)
    or exists (
        select
        from known as better
        where better.campaign_id = known.campaign_id
          and better.ordinal = known.ordinal
          and better.segment = known.segment
          and better.attempt = known.attempt
          and better.same
    ));

-- doubts --
-- Attempts that are in doubt or unknown, or taken for not sent because a carrier was silent, to recipients of lines that
-- answer to no attempt.
with open as (
    select distinct msisdn
    from claimed
    where not exists (select from known where known.line = claimed.line and known.same)
)

select
    submission.account_id, submission.campaign_id, submission.ordinal, submission.segment, submission.attempt,
    message.msisdn, campaign.sender, submission.reference, submission.sent_at,
    exists (
        select
        from dispatch.settlement
        where settlement.campaign_id = submission.campaign_id
          and settlement.ordinal = submission.ordinal
          and settlement.segment = submission.segment
          and settlement.attempt = submission.attempt
          and settlement.state = 'not_sent'
    ) as is_silent
from dispatch.submission
join dispatch.message
    on message.campaign_id = submission.campaign_id
    and message.ordinal = submission.ordinal
join open
    on open.msisdn = message.msisdn
join intake.campaign
    on campaign.campaign_id = submission.campaign_id
where submission.state = 'in_doubt'
  and submission.connector_id = %(connector)s
  and not exists (
    select
    from dispatch.settlement
    where settlement.campaign_id = submission.campaign_id
      and settlement.ordinal = submission.ordinal
      and settlement.segment = submission.segment
      and settlement.attempt = submission.attempt
      and settlement.state = 'accepted'
);

-- claims --
-- Lines that answer to no attempt, to these recipients.
select line, message_ids[1], msisdn, source, reference, accepted_at
from claimed
where msisdn = any (%(msisdns)s::bigint[])
  and not exists (select from known where known.line = claimed.line and known.same)
order by line;

-- settle --
with proof as (
    select *
    from unnest(
        %(lines)s::integer[], %(ids)s::text[], %(accounts)s::bigint[], %(campaigns)s::bigint[], %(ordinals)s::integer[],
        %(segments)s::smallint[], %(attempts)s::smallint[], %(sent)s::timestamptz[]
    ) as proof (line, id, account_id, campaign_id, ordinal, segment, attempt, sent_at)
),

forgotten as (
    delete from known
    where line = any (%(lines)s)
),

remembered as (
    insert into known (line, account_id, campaign_id, ordinal, segment, attempt, sent_at, same)
    select line, account_id, campaign_id, ordinal, segment, attempt, sent_at, true
    from proof
)

insert into dispatch.settlement (account_id, campaign_id, ordinal, segment, attempt, state, proof, carrier_message_id)
select account_id, campaign_id, ordinal, segment, attempt, 'accepted', 'statement', id
from proof
on conflict do nothing;

-- keep --
-- With the attempt that each line is about, once that is known.
with found as (
    select distinct on (line) *
    from known
    order by line, same desc, sent_at desc
)

insert into dispatch.statement_line (
    connector_id, carrier_message_id, destination, source, reference, accepted_at, is_delivered, price, currency, statement, campaign_id,
    ordinal, segment, attempt, is_other)
select
    %(connector)s, claimed.message_ids[1], claimed.msisdn::text, claimed.source, claimed.reference, claimed.accepted_at,
    claimed.is_delivered, claimed.price, claimed.currency, %(statement)s,
    found.campaign_id, found.ordinal, found.segment, found.attempt, not coalesce(found.same, true)
from claimed
left join found using (line)
on conflict (connector_id, carrier_message_id) do update
set campaign_id = excluded.campaign_id,
    ordinal = excluded.ordinal,
    segment = excluded.segment,
    attempt = excluded.attempt,
    is_other = excluded.is_other,
    load_xid = default
where (statement_line.campaign_id is null or statement_line.is_other)
  and statement_line.destination = excluded.destination
  and excluded.campaign_id is not null
  and (excluded.campaign_id, excluded.ordinal, excluded.segment, excluded.attempt, excluded.is_other) is distinct from
      (statement_line.campaign_id, statement_line.ordinal, statement_line.segment, statement_line.attempt, statement_line.is_other);

-- restate --
-- What a later statement says of the state and the price of a line that is there.
update dispatch.statement_line
set is_delivered = coalesce(claimed.is_delivered, statement_line.is_delivered),
    price = coalesce(claimed.price, statement_line.price),
    currency = coalesce(claimed.currency, statement_line.currency)
from claimed
where statement_line.connector_id = %(connector)s
  and statement_line.carrier_message_id = claimed.message_ids[1]
  and statement_line.destination = claimed.msisdn::text
  and (claimed.is_delivered <> statement_line.is_delivered or claimed.is_delivered is not null and statement_line.is_delivered is null
    or claimed.price <> statement_line.price or claimed.price is not null and statement_line.price is null
    or claimed.currency <> statement_line.currency or claimed.currency is not null and statement_line.currency is null);

-- remember --
-- The statement and the time that it is of. The same one again leaves nothing new behind.
insert into dispatch.statement (connector_id, name, since, until, lines)
select %(connector)s, %(statement)s, %(since)s, %(until)s::timestamptz + interval '1 microsecond', %(lines)s
where not exists (
    select
    from dispatch.statement
    where statement.connector_id = %(connector)s
      and statement.name = %(statement)s
      and (statement.since, statement.until)
          is not distinct from (%(since)s::timestamptz, %(until)s::timestamptz + interval '1 microsecond')
);

-- times --
select min(accepted_at), max(accepted_at)
from claimed;

-- only_theirs --
select line, message_ids[1], msisdn, accepted_at
from claimed
where not exists (select from known where known.line = claimed.line)
order by line;

-- other_destination --
select
    claimed.line, claimed.message_ids[1], claimed.msisdn, claimed.accepted_at, known.campaign_id, message.line, known.segment,
    known.msisdn, known.sent_at
from known
join claimed using (line)
join dispatch.message
    on message.campaign_id = known.campaign_id
    and message.ordinal = known.ordinal
where not known.same
order by claimed.line;

-- only_ours --
-- Accepted segments of the statement's time that it lacks; what an earlier statement has is not missing. One that it has with
-- another destination is told there.
with ours as (
    select
        submission.campaign_id, submission.ordinal, submission.segment, submission.attempt, submission.sent_at,
        submission.carrier_message_id
    from dispatch.submission
    where submission.connector_id = %(connector)s
      and submission.state = 'accepted'
      and submission.sent_at >= %(since)s
      and submission.sent_at <= %(until)s
    union all
    select
        submission.campaign_id, submission.ordinal, submission.segment, submission.attempt, submission.sent_at,
        settlement.carrier_message_id
    from dispatch.submission
    join dispatch.settlement
        on settlement.campaign_id = submission.campaign_id
        and settlement.ordinal = submission.ordinal
        and settlement.segment = submission.segment
        and settlement.attempt = submission.attempt
        and settlement.state = 'accepted'
    where submission.connector_id = %(connector)s
      and submission.state = 'in_doubt'
      and submission.sent_at >= %(since)s
      and submission.sent_at <= %(until)s
)

select
    ours.campaign_id, message.line, ours.segment, message.msisdn, ours.sent_at, ours.carrier_message_id
from ours
join dispatch.message
    on message.campaign_id = ours.campaign_id
    and message.ordinal = ours.ordinal
where not exists (
    select
    from known
    where known.campaign_id = ours.campaign_id
      and known.ordinal = ours.ordinal
      and known.segment = ours.segment
      and known.attempt = ours.attempt
)
  and not exists (
    select
    from dispatch.statement_line
    where statement_line.campaign_id = ours.campaign_id
      and statement_line.ordinal = ours.ordinal
      and statement_line.segment = ours.segment
      and statement_line.attempt = ours.attempt
)
order by ours.campaign_id, message.line, ours.segment;
