-- The trail of who did what; never changed.

-- audit --
insert into account.audit (actor, os_user, action, account_id, object, detail)
values (%(actor)s, nullif(%(os_user)s, %(actor)s), %(action)s, %(account)s, %(object)s, %(detail)s);
