{# What a build makes anew, at the grain of a message (int_stale_messages). `log` as a CTE: all of it where the model is made from
   nothing; else the rows of the stale messages, sought by its index on campaign and ordinal, one message after the other. `offset 0`
   keeps that from being turned into a join, for which the planner would read the whole history. #}
{% macro of_stale_messages(name, log, campaign='campaign_id') %}
{{ name }} as {{ 'materialized ' if is_incremental() }}(

    {% if is_incremental() -%}
    select logged.*
    from {{ ref('int_stale_messages') }} as stale
    cross join lateral (
        select *
        from {{ log }} as candidate
        where candidate.{{ campaign }} = stale.campaign_id
            and candidate.ordinal = stale.ordinal
            and candidate.account_id = stale.account_id
        offset 0
    ) as logged
    {%- else -%}
    select * from {{ log }}
    {%- endif %}

)
{% endmacro %}

{# Takes what is stale out of a model that is about to add it anew, in the same transaction: by message, or by campaign as a whole.
   Sought by the index whatever the statistics say. #}
{% macro forget_stale(campaign='campaign_id', by_message=true) %}
set local jit = off;
{% if is_incremental() %}
set local enable_nestloop = on;
set local enable_hashjoin = off;
set local enable_mergejoin = off;
delete from {{ this }} as known
using (
    select distinct campaign_id{{ ', ordinal' if by_message }}
    from {{ ref('int_stale_messages') }}
) as stale
where known.{{ campaign }} = stale.campaign_id{{ ' and known.ordinal = stale.ordinal' if by_message }};
set local enable_nestloop = off;
set local enable_hashjoin = on;
set local enable_mergejoin = on;
{% endif %}
{% endmacro %}

{# For a model that looks for what is new by an index: of a bound that is known only when the query runs, the planner expects a
   third of the history. #}
{% macro seek() %}
set local jit = off;
set local enable_seqscan = off;
{% endmacro %}

{# The relation that a build before this one made of a model further down, or none: it made none, or everything is made anew. #}
{% macro made_before(model) %}
    {%- if execute and not should_full_refresh() -%}
        {{ return(adapter.get_relation(this.database, 'intermediate', model)) }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}

{# Whether the last build did not come to its end: what it had found stale still is, for some marts have it and others not. #}
{% macro last_build_failed(builds) %}
    select coalesce((
        select finished.outcome
        from {{ builds }} as finished
        where finished.finished_at is not null
        order by finished.build_id desc
        limit 1
    ), 'none') <> 'ok' as is_unfinished
{% endmacro %}

{# Of messages that are otherwise as they were, the 72 hours that make them mature are over, or are not any more. #}
{% macro ripen() %}
{% if is_incremental() %}
set local enable_nestloop = on;
set local enable_hashjoin = off;
set local enable_mergejoin = off;
update {{ this }} as known
set is_mature = campaigns.is_mature
from {{ ref('int_campaigns') }} as campaigns
where campaigns.is_newly_mature
    and known.campaign = campaigns.campaign_id
    and known.is_mature <> campaigns.is_mature
{% endif %}
{% endmacro %}
