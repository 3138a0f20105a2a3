-- Runs of dbt: one at a time, what each was asked for and what it found.

-- take_turn --
-- Until this connection ends no other build starts.
select pg_advisory_lock(hashtext('billing.build'));

-- newest_transaction --
-- Above every transaction that has begun by now.
select pg_snapshot_xmax(pg_current_snapshot());

-- is_settled --
-- Whether all of those have ended.
select pg_snapshot_xmin(pg_current_snapshot()) >= %(seen)s::xid8;

-- start --
-- A build that is still unfinished here was killed: the turn is ours. Facts are read anew where the cluster is another one
-- than that of the build before: transaction ids start anew after a restore.
with killed as (
    update billing.build
    set finished_at = clock_timestamp(), outcome = 'failed', figures = '{"error": "killed"}'
    where finished_at is null
),

before as (
    select cluster
    from billing.good_build
)

insert into billing.build (as_of)
values (%(as_of)s)
returning build_id, exists (select from before where before.cluster <> billing.cluster());

-- finish --
update billing.build
set
    finished_at = clock_timestamp(),
    outcome = %(outcome)s,
    figures = %(figures)s,
    horizon = case %(outcome)s when 'ok' then billing.facts_horizon() end
where build_id = %(build)s;

-- findings --
-- What keeps a month from being closed: things that cannot be charged, days on which log, charges and ledger differ.
select
    (select count(*) from finance.rating_errors),
    (select count(*) from finance.reconciliation where not agrees);

-- without_statistics --
-- Tables that a build reads and that have grown since they were analyzed, or never were: what autovacuum does within a
-- minute, and never for tables of a few rows.
select format('%%I.%%I', known.schemaname, known.relname)
from pg_stat_user_tables as known
join pg_class on pg_class.oid = known.relid
where pg_class.relkind = 'r'
  and (known.schemaname in ('account', 'network', 'dispatch', 'billing')
    or (known.schemaname, known.relname) = ('intake', 'campaign'))
  and (coalesce(last_analyze, last_autoanalyze) is null or n_mod_since_analyze > 50 + n_live_tup / 10);
