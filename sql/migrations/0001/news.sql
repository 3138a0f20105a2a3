-- What the marts of the last build cannot know yet: recorded after it had begun, of before its instant.

-- Whether something bears on an account's books at an instant that a build for that instant has not read, since it was recorded after
-- the build had begun.
create function billing.has_news(of_account bigint, since timestamptz, at timestamptz) returns boolean
language sql stable as $$
    select billing.unread_facts(of_account, has_news.at + interval '1 microsecond') > 0
        or exists (
            select
            from billing.document
            where document.account_id = of_account
              and document.issued_at between has_news.since and has_news.at
        )
        or exists (
            select
            from billing.void
            where void.account_id = of_account
              and void.voided_at between has_news.since and has_news.at
        )
$$;
