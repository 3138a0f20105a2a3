{# Who reads a mart: staff's roles all of it, the web's role its tenant's rows. In the transaction that makes the table, for a
   rebuilt table has neither grants nor a policy. A view shows its owner's rows, and what is staff's only is no tenant's: the web gets
   none. #}
{% macro share() %}
{% if model.config.materialized == 'view' or model.config.meta.get('staff_only') %}
grant select on {{ this }} to outbound_reporting, outbound_billing, outbound_operator;
{% else %}
grant select on {{ this }} to outbound_reporting, outbound_billing, outbound_operator, outbound_web;
alter table {{ this }} enable row level security;
drop policy if exists own_rows on {{ this }};
create policy own_rows on {{ this }} for select to outbound_web using (account_id = account.current_account());
{% endif %}
{% endmacro %}
