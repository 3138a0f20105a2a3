-- Proposals that a second person has to agree with.

-- may_approve --
select billing.may_approve(%(actor)s);

-- owes_way_in --
select billing.owes_way_in(%(actor)s, %(proposer)s);

-- approve --
update billing.approval
set approved_by = %(actor)s, approved_at = clock_timestamp()
where legal_entity_id = %(entity)s
  and action = %(action)s
  and object = %(object)s
  and approved_by is null
  and not lapsed
  and lower(proposed_by) <> lower(%(actor)s)
  and not billing.owes_way_in(%(actor)s, proposed_by)
  and expires_at > clock_timestamp()
returning approval_id;

-- lapse --
-- Ends the proposal that nobody agreed to in time, so that it can be made again.
update billing.approval
set lapsed = true
where legal_entity_id = %(entity)s
  and action = %(action)s
  and object = %(object)s
  and approved_by is null
  and not lapsed
  and expires_at <= clock_timestamp()
returning proposed_by, expires_at;

-- propose --
-- The open proposal: the one that was made before, or this one; and the legal entity's zone, whose clock it is told by.
insert into billing.approval as known (legal_entity_id, action, object, proposed_by)
values (%(entity)s, %(action)s, %(object)s, %(actor)s)
on conflict (legal_entity_id, action, object) where approved_by is null and not lapsed
do update set proposed_by = known.proposed_by
returning proposed_by, proposed_at, expires_at, xmax = 0, (
    select timezone from account.legal_entity where legal_entity.legal_entity_id = known.legal_entity_id);
