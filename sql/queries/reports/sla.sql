-- SLA months: which are due, their figures, and that they were delivered.

-- is_built --
select to_regclass('operations.sla') is not null;

-- lock --
-- One run at a time; the lock ends with the transaction.
select pg_advisory_xact_lock(hashtext('report_sla'));

-- freeze --
-- Figures of months whose 72 h are over, by the clock as well as by the build: one for the future makes no month due.
-- A month is frozen as a whole: what comes later never adds to it.
insert into report.sla_figure (
    account_id, month, metric, raw, adjusted, exclusions, target, state, good, counted, excluded, at_least, at_most)
select
    sla.account_id, sla.month, sla.metric, sla.raw, sla.adjusted, sla.exclusions, sla.target, sla.state, sla.good, sla.counted,
    sla.excluded, sla.at_least, sla.at_most
from operations.sla
join account.account using (account_id)
where not sla.is_provisional
  and billing.day_start(((sla.month || '-01')::date + interval '1 month')::date, account.timezone) + interval '72 hours' <= now()
  and not exists (
    select from report.sla_figure as frozen
    where frozen.account_id = sla.account_id and frozen.month = sla.month
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
select month, metric, raw, adjusted, excluded, exclusions, target, state, good, counted, at_least, at_most
from report.sla_figure
where account_id = %(account)s
  and month = %(month)s
order by substr(metric, 2)::integer;

-- delivered --
insert into report.sla_delivery (account_id, month)
values (%(account)s, %(month)s);
