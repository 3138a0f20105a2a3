-- SLA months: which are due, their figures, and that they were delivered.

-- is_built --
select to_regclass('operations.sla') is not null and to_regclass('operations.error_classes') is not null;

-- lock --
-- One run at a time; the lock ends with the transaction.
select pg_advisory_xact_lock(hashtext('report_sla'));

-- freeze --
-- Figures of months whose 72 h are over, by the clock as well as by the build: one for the future makes no month due.
-- A month is frozen as a whole: what comes later never adds to it.
insert into report.sla_figure (
    account_id, month, metric, raw, adjusted, exclusions, target, state, good, counted, excluded, at_least, at_most, budget_left)
select
    sla.account_id, sla.month, sla.metric, sla.raw, sla.adjusted, sla.exclusions, sla.target, sla.state, sla.good, sla.counted,
    sla.excluded, sla.at_least, sla.at_most, sla.budget_left
from operations.sla
join account.account using (account_id)
where not sla.is_provisional
  and billing.day_start(((sla.month || '-01')::date + interval '1 month')::date, account.timezone) + interval '72 hours' <= now()
  and not exists (
    select from report.sla_figure as frozen
    where frozen.account_id = sla.account_id and frozen.month = sla.month
  );

-- freeze_errors --
-- What error codes mean goes with the month, once: its messages keep to that.
insert into report.sla_error (month, connector, error_code, class)
select frozen.month, error.connector, error.error_code, error.class
from (select distinct month from report.sla_figure) as frozen
cross join operations.error_classes as error
where not exists (
    select from report.sla_error as known where known.month = frozen.month
  );

-- undelivered --
select distinct figure.account_id, account.name, account.landing, figure.month
from report.sla_figure as figure
join account.account using (account_id)
where not exists (
    select from report.sla_delivery as delivery
    where delivery.account_id = figure.account_id and delivery.month = figure.month
)
order by figure.month, account.name;

-- figures --
-- Raw, adjusted and the exclusions next to each other, as the document shows them.
select month, metric, raw, adjusted, excluded, exclusions, target, state, good, counted, at_least, at_most, budget_left
from report.sla_figure
where account_id = %(account)s
  and month = %(month)s
order by substr(metric, 2)::integer;

-- parties --
-- Who reports to whom, and in which language.
select
    account.name, account.language, account.documents, account.timezone, legal_entity.name as entity, legal_entity.documents as entity_documents,
    (select max(frozen_at) from report.sla_figure as figure where figure.account_id = account.account_id and figure.month = %(month)s)
        as frozen_at
from account.account
join account.legal_entity using (legal_entity_id)
where account.account_id = %(account)s;

-- delivered --
insert into report.sla_delivery (account_id, month)
values (%(account)s, %(month)s);
