-- What `outbound export` writes where a table is not exported as it stands. Columns of DOORS stay; more may follow.

-- charges --
-- The marts hold no number: it comes from the message, until retention removes it there. The account's name comes from the account,
-- so that the charges of one are found by its id.
select
    account.name as account,
    charges.campaign,
    message.msisdn::text as msisdn,
    charges.segment,
    charges.sent_at,
    charges.zone,
    charges.attempt,
    charges.charged_at,
    charges.is_late,
    charges.scheme
from finance.charges
join account.account using (account_id)
left join dispatch.message
    on message.campaign_id = charges.campaign
    and message.ordinal = charges.ordinal;

-- submissions --
select account, campaign, line, msisdn::text as msisdn, segment, attempt, state::text as state, carrier_message_id, sent_at
from dispatch.submissions;

-- approvals --
-- They are a legal entity's, so that account is empty.
select null::text as account, approvals.*
from billing.approvals;

-- documents --
select
    account.name as account, document.label as document, document.kind, document.issue_day, document.issued_at, document.currency,
    document.net, document.vat, document.net + document.vat as total, document.is_void, document.delivery_begun_at,
    document.delivered_at, document.uuid, document.tax_status, (
        select min(line.tax_treatment)
        from billing.invoice_line as line
        left join billing.credit_note as note on note.invoice_id = line.invoice_id and note.line = line.n
        where case document.kind when 'invoice' then line.invoice_id else note.credit_note_id end = document.document_id
    ) as tax_treatment
from billing.document
join account.account using (account_id);

-- tax_documents --
-- They are a legal entity's, so that account is empty.
select null::text as account, legal_entity, month, currency, tax_treatment, vat_rate, kind, documents, net, vat
from finance.tax_documents;

-- trial_balance --
-- The same.
select null::text as account, legal_entity, month, currency, code, ledger_account, opening, debit, credit, closing
from finance.trial_balance;

-- sla --
-- Frozen months as they were frozen, the others as they were built last.
select
    account.name as account, figure.month, figure.metric, figure.raw, figure.adjusted, figure.exclusions, figure.target, figure.state,
    figure.good, figure.counted, figure.excluded, 0::bigint as waiting, false as is_provisional, figure.at_least, figure.at_most, figure.budget_left
from report.sla_figure as figure
join account.account using (account_id)
union all
select
    account, month, metric, raw, adjusted, exclusions, target, state, good, counted, excluded, waiting, is_provisional, at_least, at_most,
    budget_left
from operations.sla
where not exists (
    select from report.sla_figure as frozen
    where frozen.account_id = sla.account_id and frozen.month = sla.month
);

-- session_hours --
-- Sessions are of connectors, so that account is empty; the months that they count in are those of operations.sla_sessions.
select null::text as account, connector, hour, minutes
from operations.session_hours;

-- error_classes --
select null::text as account, connector, error_code, class, meaning, counts_against
from operations.error_classes;

-- exists --
select to_regclass(%(table)s) is not null;

-- marts --
-- Every mart that has been built.
select relnamespace::regnamespace || '.' || relname
from pg_class
where relnamespace = any (array['finance', 'operations']::regnamespace[])
  and relkind in ('r', 'v')
order by 1;

-- accounts --
select name, account_id, timezone, language
from account.account
order by name;
