{# A model that is renewed keeps what it says of each account's days before the account's stale day (int_stale), and says the rest
   anew. Its config: materialized 'incremental', incremental_strategy 'renew', meta {'renewed_by': its column of the day, or of an instant}. #}

{# In one transaction with the insert: what is stale goes account by account, so that an index on (account_id, day) serves it
   whatever the planner thinks of a join; a row whose key stands on an older day stays where it is. #}
{% macro get_incremental_renew_sql(arg_dict) %}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') %}
    {%- set by = config.get('meta')['renewed_by'] %}
do $renew$
declare
    stale record;
begin
    for stale in select account_id, {{ stale_mark(by) }} as mark from {{ ref('int_stale') }} loop
        execute 'delete from {{ arg_dict['target_relation'] }} where account_id = $1 and {{ by }} >= $2' using stale.account_id, stale.mark;
    end loop;
end
$renew$;
insert into {{ arg_dict['target_relation'] }} ({{ columns }})
select {{ columns }} from {{ arg_dict['temp_relation'] }}
on conflict do nothing
{% endmacro %}

{# What a column is compared with: a day with the stale day, an instant with the one that it begins at. #}
{% macro stale_mark(column) -%}
    {{ 'stale_at' if column in ('at', 'sent_at', 'charged_at') else 'stale_from' }}
{%- endmacro %}

{# The rows of a relation on the days that are made anew: all of them where the model is made from nothing. #}
{% macro stale_rows(relation, day) -%}
    {%- set stale = ref('int_stale') -%}
    {%- if is_incremental() -%}
    select stale_row.*
    from {{ stale }} as stale
    cross join lateral (
        select *
        from {{ relation }} as source
        where source.account_id = stale.account_id
            and source.{{ day }} >= stale.{{ stale_mark(day) }}
        offset 0
    ) as stale_row
    {%- else -%}
    select * from {{ relation }}
    {%- endif -%}
{%- endmacro %}

{# Nobody knows how much of a table lies behind a day that is not known yet: guessed at a third, all of it would be read. #}
{% macro by_index() %}
    {%- if is_incremental() %}set local enable_seqscan = off{% endif -%}
{% endmacro %}

{# What a build that failed, or one before the last good one, rested on is of no interest any more. #}
{% macro drop_other_bases() %}
    {%- if is_incremental() -%}
    delete from {{ this }} where build_id <> (select good_build from {{ ref('watermark') }})
    {%- endif -%}
{% endmacro %}

{# What a build that failed has found to be late is found anew. #}
{% macro forget_unconfirmed() %}
    {%- if is_incremental() -%}
    delete from {{ this }} where found_below > (select horizon_before from {{ ref('watermark') }})
    {%- endif -%}
{% endmacro %}

{# For a small table that is made whole in each build and has to know whether the build is a full refresh. #}
{% macro forget_all() %}
    {%- if is_incremental() -%}delete from {{ this }}{%- endif -%}
{% endmacro %}
