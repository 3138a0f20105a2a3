-- One row per segment that a carrier's statement and our log tell of in different ways, on its local day: the account's, or that of the
-- first legal entity where no account is known.

{{ config(pre_hook="set local enable_seqscan = off") }}

with

lines as (

    select *
    from {{ ref('stg_statement_lines') }}
    where campaign_id is null
        or is_other

),

counts as (

    select * from {{ ref('int_sent_counts') }}

),

statements as (

    select * from {{ ref('stg_statements') }}

),

connectors as (

    select * from {{ ref('stg_connectors') }}

),

accounts as (

    select * from {{ ref('stg_accounts') }}

),

campaigns as (

    select * from {{ ref('stg_campaigns') }}

),

legal_entities as (

    select * from {{ ref('stg_legal_entities') }}

),

watermark as (

    select * from {{ ref('watermark') }}

),

first_entity as (

    select timezone
    from legal_entities
    order by legal_entity_id
    limit 1

),

theirs as (

    select
        accounts.account,
        lines.connector_id,
        {{ local_day('coalesce(lines.accepted_at, lines.loaded_at)', 'coalesce(accounts.timezone, first_entity.timezone)') }} as day,
        case when lines.is_other then 'other_destination' else 'only_in_statement' end as kind,
        lines.statement,
        lines.carrier_message_id,
        lines.accepted_at,
        lines.campaign_id,
        lines.ordinal,
        lines.segment,
        lines.attempt,
        null::timestamptz as sent_at,
        accounts.account_id
    from lines
    cross join watermark
    cross join first_entity
    left join campaigns
        on lines.campaign_id = campaigns.campaign_id
    left join accounts
        on campaigns.account_id = accounts.account_id
    where coalesce(lines.accepted_at, lines.loaded_at) <= watermark.as_of

),

lacking as (

    select
        account_id,
        campaign_id
    from counts
    group by account_id, campaign_id
    having sum(told) > sum(stated)

),

told as (

    select
        connector_id,
        range_agg(tstzrange(since, until)) as times
    from statements
    where since is not null
    group by connector_id

),

attempts as (

    {{ of_campaigns('lacking', ref('int_attempts_accepted')) }}

),

known as (

    {{ of_campaigns('lacking', ref('stg_statement_lines')) }}

),

ours as (

    select
        attempts.account_id,
        attempts.connector_id,
        attempts.campaign_id,
        attempts.ordinal,
        attempts.segment,
        attempts.attempt,
        attempts.sent_at
    from attempts
    cross join watermark
    inner join told
        on attempts.connector_id = told.connector_id
        and told.times @> attempts.sent_at
    left join known
        on attempts.campaign_id = known.campaign_id
        and attempts.ordinal = known.ordinal
        and attempts.segment = known.segment
        and attempts.attempt = known.attempt
    where attempts.sent_at <= watermark.as_of
        and known.campaign_id is null

),

differences as (

    select * from theirs

    union all

    select
        accounts.account,
        ours.connector_id,
        {{ local_day('ours.sent_at', 'accounts.timezone') }} as day,
        'only_in_log' as kind,
        null as statement,
        null as carrier_message_id,
        null as accepted_at,
        ours.campaign_id,
        ours.ordinal,
        ours.segment,
        ours.attempt,
        ours.sent_at,
        ours.account_id
    from ours
    inner join accounts
        on ours.account_id = accounts.account_id

),

final as (

    select
        differences.account,
        connectors.connector,
        differences.day,
        differences.kind,
        differences.statement,
        differences.carrier_message_id,
        differences.accepted_at,
        differences.campaign_id as campaign,
        differences.ordinal,
        differences.segment::integer as segment,
        differences.attempt::integer as attempt,
        differences.sent_at,
        differences.connector_id,
        differences.account_id
    from differences
    inner join connectors
        on differences.connector_id = connectors.connector_id

)

select * from final
