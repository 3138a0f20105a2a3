-- Whom a customer may send to: the base, who has opted out, and from which senders.

-- base --
select version, members, changed_at
from account.base_version;

-- member --
-- One number, if it is in the base. Who has opted out of all accounts' messages is out here as well.
select
    member.consent_date,
    member.added_at,
    portal.is_opted_out(member.msisdn) as is_out
from account.base_member as member
where member.msisdn = %(number)s;

-- loads --
select file_id as file, name, claimed_at, coalesce(outcome, state) as state, (ack ->> 'accepted')::bigint as accepted, (ack ->> 'rejected')::bigint as rejected
from intake.file
where kind = 'base';

-- opt_outs --
select opt_out.opt_out_id, opt_out.msisdn, opt_out.source, opt_out.opted_out_at, file.name as file
from account.opt_out
left join intake.file using (file_id)
where (%(number)s::bigint is null or opt_out.msisdn = %(number)s::bigint)
  and (%(source)s::text is null or opt_out.source = %(source)s::text);

-- senders --
select
    sender_id,
    address,
    kind,
    approved_from,
    approved_to,
    class,
    array_to_string(operators, ', ') as operators,
    case
        when approved_from > current_date then 'not yet'
        when approved_to <= current_date then 'ended'
        else 'active'
    end as state
from account.sender;
