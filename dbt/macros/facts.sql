{# The rows of a log that no build has read yet and that no writer can still slip under: every transaction below the watermark's
   horizon has ended. `key` is what makes a row of the log one, so that a row of a restored database, whose transaction id
   belongs to another cluster, is read once; elsewhere nothing is looked up. #}
{% macro new_facts(log, columns, key) %}

log as (

    select * from {{ log }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

final as (

    select
        {%- for column in columns %}
        log.{{ column }},
        {%- endfor %}
        log.load_xid,
        watermark.horizon as read_below
    from log
    cross join watermark
    {% if is_incremental() -%}
    where log.load_xid >= (select coalesce(max(known.read_below), '0'::xid8) from {{ this }} as known)
        and log.load_xid < watermark.horizon
        and (
            not watermark.is_restored
            or not exists (
                select 1
                from {{ this }} as known
                where
                    {%- for column in key %}
                    known.{{ column }} = log.{{ column }}{{ ' and' if not loop.last }}
                    {%- endfor %}
            )
        )
    {%- else -%}
    where log.load_xid < watermark.horizon
        or (watermark.is_restored and log.load_xid >= watermark.ceiling)
    {%- endif %}

)

{% endmacro %}
