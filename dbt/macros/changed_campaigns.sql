{# Counts by campaign (int_sent_counts) are made anew for the campaigns that a build has news of, and kept for all others. #}

{# Those campaigns, [account_id, campaign_id]: a fact of theirs came after the last good build; the build's instant has left
   something out, or leaves out now what was counted; a statement of their time came; their legal entity has changed its zone. #}
{% macro changed_campaigns(counts) %}
select
    account_id,
    campaign_id
from {{ ref('stg_submissions') }}
where read_below > (select horizon_before from {{ ref('watermark') }})

union

select
    account_id,
    campaign_id
from {{ ref('stg_settlements') }}
where read_below > (select horizon_before from {{ ref('watermark') }})

union

select
    account_id,
    campaign_id
from {{ ref('stg_receipts') }}
where read_below > (select horizon_before from {{ ref('watermark') }})

union

select
    campaigns.account_id,
    campaigns.campaign_id
from {{ ref('stg_statement_lines') }} as lines
inner join {{ ref('stg_campaigns') }} as campaigns
    on lines.campaign_id = campaigns.campaign_id
where lines.load_xid >= (select horizon_before from {{ ref('watermark') }})

union

select
    counts.account_id,
    counts.campaign_id
from {{ counts }} as counts
inner join {{ ref('stg_accounts') }} as accounts
    on counts.account_id = accounts.account_id
inner join {{ ref('stg_legal_entities') }} as legal_entities
    on accounts.legal_entity_id = legal_entities.legal_entity_id
cross join {{ ref('watermark') }} as watermark
where counts.left_out > 0
    or counts.last_at > watermark.as_of
    or counts.cost_timezone <> legal_entities.timezone

union

select
    counts.account_id,
    counts.campaign_id
from {{ counts }} as counts
inner join {{ ref('stg_statements') }} as statements
    on counts.connector_id = statements.connector_id
    and counts.sent_day between statements.since::date - 1 and statements.until::date + 1
where statements.load_xid >= (select horizon_before from {{ ref('watermark') }})
{% endmacro %}

{# The CTE `changed` of a model that is made anew by campaign; none where it is made from nothing. #}
{% macro changed_campaigns_cte(counts) %}
    {%- set found = changed_campaigns(counts) -%}
    {%- if is_incremental() -%}
changed as materialized (

    {{ found | indent(4) }}

),
    {%- endif -%}
{% endmacro %}

{# The rows of a log that belong to changed campaigns; all of them where the model is made from nothing. #}
{% macro of_changed_campaigns(log, campaign='campaign_id') %}
    {%- if is_incremental() -%}
    {{ of_campaigns('changed', log, campaign) }}
    {%- else -%}
    select * from {{ log }}
    {%- endif -%}
{% endmacro %}

{# The rows of a log that belong to the campaigns of a CTE, sought one campaign after the other by the log's index: `offset 0` keeps
   that from being turned into a join, for which all of the log would be read. #}
{% macro of_campaigns(among, log, campaign='campaign_id') -%}
    select logged.*
    from {{ among }} as sought
    cross join lateral (
        select *
        from {{ log }} as candidate
        where candidate.{{ campaign }} = sought.campaign_id
        {%- if campaign == 'campaign' %}
            and candidate.account_id = sought.account_id
        {%- endif %}
        offset 0
    ) as logged
{%- endmacro %}
