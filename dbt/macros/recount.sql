{# The rows of a relation on the days of submission that are counted anew; all of them where the count is made from nothing. #}
{% macro recounted_rows(relation, column) -%}
    {%- set days = ref('int_recount_days') -%}
    {%- if is_incremental() -%}
    select counted_row.*
    from {{ days }} as days
    cross join lateral (
        select *
        from {{ relation }} as source
        where source.account_id = days.account_id
            {% if column.endswith('_day') -%}
            and source.{{ column }} between days.first_day and days.last_day
            {%- else -%}
            and source.{{ column }} >= days.starts_at
            and source.{{ column }} < days.ends_at
            {%- endif %}
        offset 0
    ) as counted_row
    {%- else -%}
    select * from {{ relation }}
    {%- endif -%}
{%- endmacro %}

{# The counts of the days that are counted anew go, account by account, by the index. #}
{% macro forget_recounted() %}
    {%- if is_incremental() -%}
do $forget$
declare
    days record;
begin
    for days in select account_id, first_day, last_day from {{ ref('int_recount_days') }} loop
        execute 'delete from {{ this }} where account_id = $1 and day between $2 and $3'
            using days.account_id, days.first_day, days.last_day;
    end loop;
end
$forget$
    {%- endif -%}
{% endmacro %}
