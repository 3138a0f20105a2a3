-- What takes two people: proposals of commands, and credits that were proposed.

-- proposals --
select approval, action, object, proposed_by, proposed_at, expires_at, approved_by, approved_at, state
from billing.approvals
where %(state)s::text is null
   or state = %(state)s::text;

-- credits --
select draft_credit_id as draft, account, state, invoice, line, net, currency, reason, proposed_by, proposed_at, decided_by, credit_note
from billing.draft_credits
where (%(state)s::text is null or state = %(state)s::text);
