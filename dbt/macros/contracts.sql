{# The columns of a contract, as a query without rows. dbt's own warns of a numeric without a scale, which PostgreSQL keeps
   exactly as it is given: amounts have as many digits as their currency (CHARGING 2). #}
{% macro postgres__get_empty_schema_sql(columns) %}
    select
    {% for column in columns.values() -%}
        cast(null as {{ column['data_type'] }}) as {{ column['name'] }}{{ ", " if not loop.last }}
    {% endfor %}
{% endmacro %}
