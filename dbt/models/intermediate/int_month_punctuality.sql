-- One row per account and month: how many of its campaigns went as scheduled, and why the others did not (SLA S5), made anew for the
-- months that this build has news of.

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_stale_sums('int_stale_months', ['month']) }}",
    indexes=[{'columns': ['account_id', 'month']}]
) }}

-- depends_on: {{ ref('int_stale_months') }}

with

{{ of_stale_sums('campaigns', ref('sla_campaigns'), ref('int_stale_months'), ['month']) }},

final as (

    select
        account_id,
        month,
        count(*) filter (where punctuality = 'in_time') as in_time,
        count(*) filter (where punctuality = 'late') as late,
        count(*) filter (where punctuality = 'waits') as waiting,
        count(*) filter (where punctuality = 'left_out') as left_out,
        count(*) filter (where punctuality = 'put_off') as put_off,
        count(*) filter (where put_off_by = 'paused') as paused,
        count(*) filter (where put_off_by = 'held') as held,
        count(*) filter (where put_off_by = 'window') as windowed,
        count(*) filter (where put_off_by = 'queue') as queued
    from campaigns
    group by account_id, month

)

select * from final
