-- Who has had enough messages of late.

-- capped --
copy (
    select msisdn
    from dispatch.frequent_recipients(%(account)s, %(class)s, %(days)s, %(messages)s, %(at)s)
) to stdout (format binary);
