{# The states that this build's folded days ended in, in place of those that were there; of a closed month only the last one stays.
   Where zone or terms have changed since the build looked at them, nobody knows which of the two a state rests on: no basis. #}
{% macro keep_checkpoints() %}
{%- set checkpoint = source('billing', 'prepaid_checkpoint') -%}
delete from {{ checkpoint }} as checkpoint
using {{ ref('int_stale') }} as stale
where checkpoint.account_id = stale.account_id
    and checkpoint.day >= stale.stale_from;
insert into {{ checkpoint }} (account_id, day, n, digits, state, horizon, as_of, build_id, basis)
select
    fold.account_id,
    fold.event_day,
    fold.n,
    fold.digits,
    fold.state,
    watermark.horizon,
    watermark.as_of,
    watermark.build_id,
    case when basis.fold_basis = billing.fold_basis(fold.account_id, 'infinity') then billing.fold_basis(fold.account_id, fold.event_day) end
from {{ this }} as fold
cross join {{ ref('watermark') }} as watermark
left join {{ ref('int_basis') }} as basis
    on basis.account_id = fold.account_id
    and basis.build_id = watermark.build_id
    and basis.what = 'account'
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
