{# The states that this build's folded days ended in, in place of those that were there; of a closed month only the last one stays. #}
{% macro keep_checkpoints() %}
{%- set checkpoint = source('billing', 'prepaid_checkpoint') -%}
delete from {{ checkpoint }} as checkpoint
using {{ ref('int_stale') }} as stale
where checkpoint.account_id = stale.account_id
    and checkpoint.day >= stale.stale_from;
insert into {{ checkpoint }} (account_id, day, n, digits, state, horizon, as_of)
select fold.account_id, fold.event_day, fold.n, fold.digits, fold.state, watermark.horizon, watermark.as_of
from {{ this }} as fold
cross join {{ ref('watermark') }} as watermark
where (fold.state).lots is not null;
delete from {{ checkpoint }} as checkpoint
using {{ source('billing', 'closed_period') }} as closed
where checkpoint.account_id = closed.account_id
    and date_trunc('month', checkpoint.day)::date = closed.month
    and exists (
        select
        from {{ checkpoint }} as later
        where later.account_id = checkpoint.account_id
            and later.day > checkpoint.day
            and date_trunc('month', later.day)::date = closed.month
    )
{% endmacro %}
