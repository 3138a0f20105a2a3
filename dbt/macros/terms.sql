{# What the terms of an account say on one of its local days, of a row or two a day: joins of many rows take stg_terms. #}
{% macro currency_on(account_id, day) %}(account.term_on({{ account_id }}, {{ day }})).currency{% endmacro %}

{% macro tax_treatment_on(account_id, day) %}(account.term_on({{ account_id }}, {{ day }})).tax_treatment{% endmacro %}

{# The last local day of a month, whose terms hold for all of it (CHARGING 2). #}
{% macro last_day_of(month) %}({{ month }} + interval '1 month - 1 day')::date{% endmacro %}
