{# Facts of usage as they are charged, but for those that came after their month was closed: each at its own instant (CHARGING 16).
   `key` is what makes a fact one in int_late_usage, which has the others with the instant that they are charged at; `columns`
   is what is wanted of a fact besides its account. #}
{% macro charged_in_time(facts, key, columns, sent_at='sent_at') -%}
select
    {{ facts }}.account_id,
    {%- for column in columns %}
    {{ facts }}.{{ column }},
    {%- endfor %}
    {{ facts }}.{{ sent_at }} as sent_at,
    {{ facts }}.{{ sent_at }} as charged_at
from {{ facts }}
where not exists (
        select 1
        from late_usage
        where late_usage.account_id = {{ facts }}.account_id
            {%- for column in key %}
            and late_usage.{{ column }} = {{ facts }}.{{ column }}
            {%- endfor %}
    )
{%- endmacro %}

{# What is charged, with the local days of its submission and of its charge, whether it is late, and the scheme of the day that it
   is charged on. `charged` is a CTE of rows with account_id, sent_at and charged_at; `accounts` and `terms` are others. #}
{% macro on_local_days(charged) -%}
select
    {{ charged }}.*,
    accounts.account,
    day.sent as sent_day,
    day.charged as charged_day,
    {{ charged }}.charged_at > {{ charged }}.sent_at as is_late,
    terms.scheme
from {{ charged }}
inner join accounts
    on {{ charged }}.account_id = accounts.account_id
cross join lateral (
    select
        {{ local_day(charged ~ '.sent_at', 'accounts.timezone') }} as sent,
        {{ local_day(charged ~ '.charged_at', 'accounts.timezone') }} as charged
) as day
inner join terms
    on {{ charged }}.account_id = terms.account_id
    and day.charged >= terms.first_day
    and (terms.last_day is null or day.charged <= terms.last_day)
{%- endmacro %}
