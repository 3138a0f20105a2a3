-- What the portal's lists are read by: the latest first, page by page, however long they are.

create index on intake.campaign (account_id, campaign_id);
create index on intake.file (account_id, file_id) where kind = 'base';
create index on account.opt_out (account_id, opt_out_id);
create index on account.audit (actor, audit_id);
create index on dispatch.session_event (session_event_id) where kind <> 'counters';
