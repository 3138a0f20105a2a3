{# What figures S4 and S9 to S12 are summed from, counted over messages. #}
{% macro sla_counts() -%}
    count(*) filter (where promptness = 'at_once') as at_once,
        count(*) filter (where promptness = 'in_turn') as in_turn,
        count(*) filter (where promptness = 'window') as windowed,
        count(*) filter (where promptness = 'late') as late,
        count(*) filter (where promptness in ('opted_out', 'not_in_base', 'cancelled')) as given_up,
        count(*) filter (where promptness = 'waits') as waiting,
        sum(duplicates) as duplicates,
        sum(receipts) as receipts,
        sum(relayed) as relayed,
        sum(awaited) as awaited,
        sum(complete) as complete,
        sum(accepted - awaited) as unawaited,
        count(*) filter (where outcome = 'delivered' and latency <= interval '30 seconds') as fast,
        count(*) filter (where outcome = 'delivered' and was_unavailable) as unavailable,
        count(*) filter (where outcome = 'delivered' and was_unavailable and latency <= interval '30 seconds') as unavailable_fast
{%- endmacro %}

{# The names of all counts of int_campaign_outcomes, for sums of them. #}
{% macro summed_counts() -%}
    {%- set counts = [
        'segments', 'messages', 'submitted', 'accepted', 'unknown', 'rejected', 'invalid', 'dropped', 'dropped_beside_invalid', 'pending',
        'chargeable', 'mischarged', 'at_once', 'in_turn', 'windowed', 'late', 'given_up', 'waiting', 'duplicates', 'receipts', 'relayed',
        'awaited', 'complete', 'unawaited', 'fast', 'unavailable', 'unavailable_fast'
    ] -%}
    {%- for count in counts %}
        sum({{ count }}) as {{ count }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Of a relation of sums the rows of the months, or months and hours, that are made anew; all of it where the model is made from nothing. #}
{% macro of_stale_sums(name, relation, stale, keys) %}
{{ name }} as {{ 'materialized ' if is_incremental() }}(

    {% if is_incremental() -%}
    select counted.*
    from {{ stale }} as stale
    cross join lateral (
        select *
        from {{ relation }} as candidate
        where candidate.account_id = stale.account_id
        {%- for key in keys %}
            and candidate.{{ key }} = stale.{{ key }}
        {%- endfor %}
        offset 0
    ) as counted
    {%- else -%}
    select * from {{ relation }}
    {%- endif %}

)
{% endmacro %}

{# Takes them out of a model that is about to add them anew. #}
{% macro forget_stale_sums(stale, keys) %}
set local jit = off;
{% if is_incremental() %}
set local enable_nestloop = on;
set local enable_hashjoin = off;
set local enable_mergejoin = off;
delete from {{ this }} as known
using {{ ref(stale) }} as stale
where known.account_id = stale.account_id
{%- for key in keys %}
    and known.{{ key }} = stale.{{ key }}
{%- endfor %};
set local enable_nestloop = off;
set local enable_hashjoin = on;
set local enable_mergejoin = on
{% endif %}
{% endmacro %}
