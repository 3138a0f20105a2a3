-- A customer's campaigns. All of the account of the transaction.

-- campaigns --
select
    campaign.campaign_id as campaign, file.name, campaign.received_at, intake.standing(campaign) as state, campaign.sender,
    campaign.messages, campaign.segments
from intake.campaign
join intake.file using (file_id)
where (%(state)s::text is null or intake.standing(campaign) = %(state)s::text);

-- campaign --
select
    campaign.campaign_id as campaign, campaign.file_id as file, file.name, intake.standing(campaign) as state, campaign.sender,
    campaign.class, campaign.rows, campaign.messages, campaign.segments, campaign.received_at, campaign.scheduled_at,
    campaign.window_opens, campaign.window_closes, campaign.quiet_hours, campaign.validity, campaign.spread, campaign.held_code,
    campaign.held_detail, campaign.options ->> 'template' as template, campaign.options ->> 'submitted_by' as submitted_by,
    campaign.accepted_at, campaign.completed_at, profile.reasons, profile.rejected,
    campaign.accepted_at is not null and campaign.completed_at is null as is_under_way,
    (
        select term.scheme
        from account.term
        where term.account_id = campaign.account_id
          and term.effective_from <= campaign.received_at::date
        order by term.effective_from desc
        limit 1
    ) as scheme
from intake.campaign
join intake.file using (file_id)
left join intake.profile using (campaign_id)
where campaign.campaign_id = %(campaign)s;

-- progress --
select *
from portal.campaign_progress(%(campaign)s);

-- outcomes --
-- As of the last build of the books.
select submitted, delivered, in_flight, exclusions, failures
from operations.sla_campaigns
where account_id = account.current_account()
  and campaign = %(campaign)s;

-- events --
select at, kind, cause
from intake.campaign_event
where campaign_id = %(campaign)s
order by campaign_event_id;

-- senders --
select distinct address
from account.sender
where approved_from <= current_date
  and (approved_to is null or approved_to > current_date)
order by address;

-- approval_required --
select coalesce((defaults ->> 'approval_required')::boolean, false)
from account.account;

-- members --
select coalesce(sum(members), 0)::bigint
from account.base_version;

-- parts --
-- What a base says of its members, where it says one of a few things; told by a thousand of them, for a base may have millions.
with

said as (

    select attribute.key as name, attribute.value
    from (
        select attributes
        from account.base_member
        limit 1000
    ) as known
    cross join lateral jsonb_each_text(known.attributes) as attribute
    where attribute.value <> ''
    group by attribute.key, attribute.value

)

select name, value
from said
where (select count(*) from said as same where same.name = said.name) <= 20
order by name, value;

-- trial_numbers --
select
    trial.trial_number_id, trial.msisdn, trial.name, trial.registered_by, trial.registered_at,
    case
        when member.msisdn is null then 'not_in_base'
        when portal.is_opted_out(trial.msisdn) then 'opted_out'
        else 'active'
    end as state
from account.trial_number as trial
left join account.base_member as member using (account_id, msisdn)
order by trial.registered_at, trial.msisdn;

-- trial_number --
select msisdn
from account.trial_number
where trial_number_id = %(which)s;

-- landing --
select landing
from account.account;

-- balance --
select *
from portal.balance();
