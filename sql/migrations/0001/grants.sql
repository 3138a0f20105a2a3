-- Least privilege for each stage's role. The migrating user may act as each of them.

grant outbound_ingest, outbound_dispatch, outbound_billing, outbound_dbt, outbound_reporting, outbound_operator, outbound_web
    to current_user;

grant usage on schema account, network, intake, dispatch, billing
    to outbound_ingest, outbound_dispatch, outbound_billing, outbound_dbt, outbound_reporting, outbound_operator;
grant usage on schema account, intake, dispatch, billing, report to outbound_web;
grant usage on schema report to outbound_billing, outbound_reporting, outbound_operator;

-- a function that acts with its owner's rights is for those who are named, never for everybody
do $$
declare
    powerful regprocedure;
begin
    for powerful in
        select oid from pg_proc
        where prosecdef and pronamespace::regnamespace::text in ('account', 'network', 'intake', 'dispatch', 'billing', 'report')
    loop
        execute format('revoke execute on function %s from public', powerful);
    end loop;
end
$$;
grant execute on function billing.facts_horizon() to outbound_billing, outbound_reporting, outbound_operator;

-- ingest: files to accepted campaigns
grant select on all tables in schema account, network, intake, dispatch to outbound_ingest;
revoke select on network.buy_rate, network.fx_rate from outbound_ingest;
grant insert, update on intake.file, intake.campaign, intake.profile, account.reservation to outbound_ingest;
grant insert on intake.campaign_event, intake.file_event, intake.reject, account.audit to outbound_ingest;
grant insert, update, delete on intake.sighting, intake.look to outbound_ingest;
grant insert, update on intake.late_manifest to outbound_ingest;
grant execute on function dispatch.pause_unsent(bigint), dispatch.renew_validity(bigint) to outbound_ingest;
grant delete on intake.reject, intake.profile to outbound_ingest;
grant insert, update, delete on account.base_member, account.opt_out to outbound_ingest;
grant insert, update on account.base_version to outbound_ingest;
grant insert, delete on account.base_change to outbound_ingest;
grant insert, delete on account.trial_number to outbound_ingest;
grant insert on dispatch.message, dispatch.batch to outbound_ingest;
grant create on schema intake to outbound_ingest;
grant usage on all sequences in schema intake to outbound_ingest;
grant execute on function dispatch.ensure_message_partition(bigint), dispatch.attach_messages(regclass, bigint) to outbound_ingest;

-- dispatch: batches to the submission log
grant select on account.account, account.term, account.base_member, account.opt_out, account.sender, account.reservation to outbound_dispatch;
grant select on network.network, intake.campaign, intake.campaign_event, intake.transition to outbound_dispatch;
grant select on all tables in schema dispatch to outbound_dispatch;
grant insert on dispatch.session_event, dispatch.intent, dispatch.group_commit, dispatch.submission, dispatch.settlement, dispatch.dropped,
    dispatch.receipt, dispatch.receipt_match, dispatch.receipt_unmatched, dispatch.reply, dispatch.statement, dispatch.statement_line to outbound_dispatch;
grant update, delete on dispatch.receipt_unmatched to outbound_dispatch;
grant update on dispatch.receipts_matched to outbound_dispatch;
grant update (destination, campaign_id, ordinal, segment, attempt, is_other, is_delivered, price, currency, load_xid) on dispatch.statement_line to outbound_dispatch;
grant insert, update on dispatch.epoch, dispatch.rate_share to outbound_dispatch;
grant delete on dispatch.rate_share to outbound_dispatch;
grant update on dispatch.batch to outbound_dispatch;
grant update (state, rate, eligible_at, opens_at, closes_at, dispatched_at, completed_at, texts_removed_at, numbers_removed_at)
    on intake.campaign to outbound_dispatch;
grant update (text, msisdn, msisdn_hash) on dispatch.message to outbound_dispatch;
grant update (closed_at) on account.reservation to outbound_dispatch;
grant insert on intake.campaign_event, account.audit to outbound_dispatch;
grant usage on all sequences in schema dispatch to outbound_dispatch;
grant execute on function dispatch.renew_validity(bigint) to outbound_dispatch;
grant execute on function dispatch.ensure_days(date, date) to outbound_dispatch, outbound_ingest, outbound_operator;

-- billing: money events, closing and issuing
grant select on all tables in schema account, network, intake, dispatch, billing to outbound_billing;
grant insert on account.purchase, account.payment, account.receivable_change, account.adjustment, account.past_usage, account.opening, account.opening_lot, account.audit,
    billing.closed_period, billing.tax_submission to outbound_billing;
grant insert, update on billing.build to outbound_billing;
-- documents come into being, and go out, by these functions only
grant execute on function billing.issue_invoice(bigint, date, bigint, text), billing.void_invoice(bigint, text, text),
    billing.issue_credit_note(bigint, integer, numeric, text, text, text, bigint), billing.approve_credit(bigint, text),
    billing.reject_credit(bigint, text, text), billing.begin_delivery(text, bigint, text),
    billing.end_delivery(text, bigint, text, jsonb) to outbound_billing;
grant execute on function billing.propose_credit(bigint, integer, text, numeric, text, text, text) to outbound_billing, outbound_reporting;
grant insert on billing.notice, billing.notice_over, billing.notice_delivery, billing.units_told to outbound_billing;
grant update (attempts, next_try_at, sent_at, given_up_at, last_error) on billing.notice_delivery to outbound_billing;
grant insert on account.purchase_order, account.cancelled_order, billing.bank_line to outbound_billing;
grant usage on all sequences in schema billing to outbound_billing;

-- dbt reads facts, never a number, a text or a carrier's password; it owns the schemas that it builds
grant select on all tables in schema account, network, intake, billing to outbound_dbt;
grant insert, delete on billing.prepaid_checkpoint to outbound_dbt;
revoke select on account.base_member, account.opt_out, account.person, account.trial_number, network.portability from outbound_dbt;
grant usage on schema report to outbound_dbt;
grant select on report.sla_figure, report.sla_error, dispatch.announced_maintenance to outbound_dbt;
grant select on dispatch.batch, dispatch.epoch, dispatch.session_event, dispatch.submission, dispatch.settlement, dispatch.dropped,
    dispatch.receipt_match, dispatch.attempt, dispatch.campaign_progress, dispatch.statement to outbound_dbt;
grant select (connector_id, carrier_message_id, accepted_at, statement, loaded_at, campaign_id, ordinal, segment, attempt, is_other, load_xid)
    on dispatch.statement_line to outbound_dbt;
grant select (connector_id, name, rate, routes, receipts_complete, enabled) on dispatch.connector to outbound_dbt;
grant select (campaign_id, ordinal, account_id, line, segments, encoding, network_id, zone) on dispatch.message to outbound_dbt;
revoke select on account.base_change, billing.notice_delivery, billing.bank_line from outbound_dbt;
create schema staging authorization outbound_dbt;
create schema intermediate authorization outbound_dbt;
create schema finance authorization outbound_dbt;
create schema operations authorization outbound_dbt;
grant usage on schema finance, operations to outbound_billing, outbound_reporting, outbound_operator, outbound_web;

-- reporting and the operator read everything, reporting but a carrier's password; the operator sets things up, and
-- reporting freezes SLA months
grant select on all tables in schema account, network, intake, dispatch, billing, report to outbound_reporting, outbound_operator;
grant insert on report.sla_figure, report.sla_error, report.sla_delivery to outbound_reporting;
-- a carrier's password is for those who bind and those who set up
revoke select on dispatch.connector from outbound_ingest, outbound_billing, outbound_reporting;
grant select (connector_id, name, host, port, system_id, bind, sessions, "window", rate, routes, enabled) on dispatch.connector
    to outbound_ingest, outbound_billing, outbound_reporting;
grant insert, update, delete on account.legal_entity, account.account, account.term, account.person, account.sender, account.rate_row,
    account.sla_term, account.contracted_rate, account.opt_out, network.network, network.portability, network.quiet_hours,
    network.buy_rate, network.fx_rate to outbound_operator;
grant insert on account.audit to outbound_operator;
grant insert, delete on intake.content_screen to outbound_operator;
grant insert, update on dispatch.connector to outbound_operator;
grant insert, delete on dispatch.stop to outbound_operator;
grant insert on dispatch.maintenance, dispatch.maintenance_withdrawal to outbound_operator;
grant update (state, held_code, held_detail) on intake.campaign to outbound_operator;
grant insert on intake.campaign_event to outbound_operator;

-- the web reads its tenant's rows, through policies (isolation.sql), and never a partition by name
grant select on account.account, account.term, account.sender, account.rate_row, account.sla_term, account.contracted_rate, account.base_member, account.base_version, account.base_change,
    account.opt_out, account.purchase, account.purchase_order, account.cancelled_order, account.payment, account.adjustment, account.reservation,
    account.person, account.trial_number,
    intake.file, intake.campaign, intake.campaign_event, intake.profile, intake.reject,
    dispatch.message, dispatch.submission, dispatch.settlement, dispatch.dropped, dispatch.receipt_match, dispatch.inbox,
    billing.closed_period, billing.invoice, billing.invoice_line, billing.void, billing.credit_note, billing.delivery,
    billing.tax_submission, billing.notice, billing.notice_over, report.sla_figure to outbound_web;
