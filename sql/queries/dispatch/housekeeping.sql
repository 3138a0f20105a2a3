-- The logs' upkeep.

-- ensure_days --
select dispatch.ensure_days((now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + %(ahead)s::integer);

-- give_up_receipts --
-- Receipts of messages that we never sent, as a rule: the matcher need not look at them any more.
delete from dispatch.receipt_unmatched
where received_at < now() - make_interval(days => %(days)s);
