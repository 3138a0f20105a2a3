{# The calendar day of an instant in an account's time zone (CHARGING 3). #}
{% macro local_day(instant, zone='timezone') -%}
    ({{ instant }} at time zone {{ zone }})::date
{%- endmacro %}

{# The first day of the calendar month that an instant falls in, in an account's time zone. #}
{% macro local_month(instant, zone='timezone') -%}
    date_trunc('month', {{ instant }} at time zone {{ zone }})::date
{%- endmacro %}
