-- The trail of who did what; never changed.

-- audit --
insert into account.audit (actor, action, account_id, object, detail)
values (%(actor)s, %(action)s, %(account)s, %(object)s, %(detail)s);
