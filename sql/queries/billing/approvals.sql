-- Proposals that a second person has to agree with.

-- approve --
update billing.approval
set approved_by = %(actor)s, approved_at = clock_timestamp()
where legal_entity_id = %(entity)s
  and action = %(action)s
  and object = %(object)s
  and approved_by is null
  and proposed_by <> %(actor)s
returning approval_id;

-- propose --
-- The open proposal: the one that was made before, or this one.
insert into billing.approval (legal_entity_id, action, object, proposed_by)
values (%(entity)s, %(action)s, %(object)s, %(actor)s)
on conflict (legal_entity_id, action, object) where approved_by is null
do update set proposed_by = approval.proposed_by
returning proposed_by, proposed_at at time zone 'UTC';
