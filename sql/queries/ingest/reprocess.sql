-- Files that are taken again, and the runs that are due.

-- lock_campaigns --
-- Every campaign that was made of a file.
select campaign_id, state, accepted_at
from intake.campaign
where file_id = %(file)s
order by campaign_id
for update;

-- in_its_place --
-- A later file that was taken, and this one would be sent beside: of the same bytes or the same name, unless this one's
-- batch_ref is its own. Of bases any later one, because loads have an order.
select min(later.file_id)
from intake.file
join intake.file as later
    on later.account_id = file.account_id
    and later.kind = file.kind
    and later.file_id > file.file_id
    and coalesce(later.outcome, '') not in ('rejected', 'duplicate')
where file.file_id = %(file)s
  and (
    file.kind = 'base'
    or (
        file.kind = 'campaign'
        and (later.sha256 = file.sha256 or later.name = file.name)
        and (file.batch_ref is null or exists (
            select
            from intake.file as used
            where used.account_id = file.account_id
              and used.kind = 'campaign'
              and used.file_id <> file.file_id
              and coalesce(used.outcome, '') not in ('rejected', 'duplicate')
              and used.batch_ref = file.batch_ref))));

-- keep_answer --
insert into intake.file_event (account_id, file_id, kind, actor, reason, outcome, ack)
select account_id, file_id, 'reprocessed', %(actor)s, %(reason)s, outcome, ack
from intake.file
where file_id = %(file)s;

-- take_again --
-- Bases and opt-outs are held only for want of their end: who has one taken all the same says that it is whole.
update intake.file
set state = 'claimed',
    outcome = null,
    ack = null,
    answered_at = null,
    delivered_at = null,
    completed_by = case when kind <> 'campaign' and outcome = 'held' then 'command' else completed_by end
where file_id = %(file)s;

-- latest_of_name --
select file_id
from intake.file
where account_id = %(account)s
  and name = %(name)s
order by file_id desc
limit 1;

-- runs --
-- How often each of these files was taken again: a run is named after both.
select file_id, (select count(*) from intake.file_event where file_event.file_id = file.file_id)
from intake.file
where file_id = any (%(files)s)
order by file_id;
