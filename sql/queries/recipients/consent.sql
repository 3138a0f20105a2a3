-- Who may be messaged, asked for many numbers at once.

-- members --
select msisdn
from account.base_member
where account_id = %(account)s
  and msisdn = any (%(msisdns)s);

-- opted_out --
select msisdn
from account.opt_out
where msisdn = any (%(msisdns)s)
  and (account_id = %(account)s or account_id is null);
