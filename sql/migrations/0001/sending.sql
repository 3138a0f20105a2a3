-- What a dispatch worker asks of the database inside the transactions that decide what may be sent.
-- Locks come in a statement of their own: the next one then sees what the lock had to wait for.

-- The first statement of every group commit. A worker that was taken for dead commits nothing more in its own name.
create function dispatch.open_group(of_epoch bigint, group_serial bigint, first_open bigint) returns void
language plpgsql as $$
begin
    perform from dispatch.epoch where epoch_id = of_epoch for key share;
    if not exists (select from dispatch.epoch where epoch_id = of_epoch and settled_at is null) then
        raise exception 'epoch % was settled by another worker', of_epoch using errcode = 'OB001';
    end if;
    insert into dispatch.group_commit (epoch_id, serial, open_from) values (of_epoch, group_serial, first_open);
end
$$;

-- Whether a lease still holds; if so, nobody can take the batch over until this transaction ends.
create function dispatch.holds_lease(of_batch bigint, holder bigint) returns boolean
language plpgsql as $$
begin
    perform from dispatch.batch where batch_id = of_batch for key share;
    return exists (select from dispatch.batch where batch_id = of_batch and fence = holder and state = 'leased');
end
$$;

-- The attempts of a batch that are intended and have no committed end yet.
create function dispatch.open_attempts(of_batch bigint) returns table (ordinal integer, segment smallint, attempt smallint)
language sql stable as $$
    select entry.ordinal, entry.segment, entry.attempt
    from dispatch.intent
    cross join lateral unnest(intent.ordinals, intent.segments, intent.attempts) as entry (ordinal, segment, attempt)
    where intent.batch_id = of_batch
      and not exists (
        select
        from dispatch.submission
        where submission.campaign_id = intent.campaign_id
          and submission.ordinal = entry.ordinal
          and submission.segment = entry.segment
          and submission.attempt = entry.attempt
    )
$$;

-- Gives up what was not sent of these messages of a batch, or of all of them (null). A message with an attempt whose end is not
-- known yet is left for later: only then is the number of its released segments certain. Whoever calls it holds the batch.
create function dispatch.give_up(of_batch bigint, doomed integer[], why text) returns void
language plpgsql as $$
begin
    if doomed is null then
        select array_agg(ordinal) into doomed
        from dispatch.batch as b, generate_series(b.first_ordinal, b.first_ordinal + b.size - 1) as ordinal
        where b.batch_id = of_batch;
    end if;
    if not exists (select from dispatch.intent where intent.batch_id = of_batch) then
        insert into dispatch.dropped (account_id, campaign_id, ordinal, segments, reason)
        select message.account_id, message.campaign_id, message.ordinal, message.segments, why
        from dispatch.batch
        join dispatch.message using (campaign_id)
        where batch.batch_id = of_batch
          and message.ordinal = any (doomed)
        on conflict do nothing;
        return;
    end if;
    insert into dispatch.dropped (account_id, campaign_id, ordinal, segments, reason)
    select message.account_id, message.campaign_id, message.ordinal, message.segments - fate.settled, why
    from dispatch.batch
    join dispatch.message using (campaign_id)
    cross join lateral (
        select
            count(distinct segment) filter (
                where state in ('accepted', 'unknown') or (state = 'rejected' and not transient)) as settled,
            count(*) filter (where state = 'in_doubt') as in_doubt
        from dispatch.attempt
        where attempt.campaign_id = message.campaign_id
          and attempt.ordinal = message.ordinal
    ) as fate
    where batch.batch_id = of_batch
      and message.ordinal = any (doomed)
      and fate.in_doubt = 0
      and message.segments > fate.settled
      and message.ordinal not in (select open.ordinal from dispatch.open_attempts(of_batch) as open)
    on conflict do nothing;
end
$$;

-- The same for a worker, as long as its lease holds. It is final, so that a campaign is cancelled or a validity over is not the
-- worker's clock or memory to say: false where it is not so, and nothing is given up.
create function dispatch.drop_unsent(of_batch bigint, holder bigint, doomed integer[], why text) returns boolean
language plpgsql as $$
begin
    if not dispatch.holds_lease(of_batch, holder) then
        return true;
    end if;
    if not exists (
        select
        from dispatch.batch as b
        join intake.campaign as c using (campaign_id)
        where b.batch_id = of_batch
          and case why when 'expired' then b.expires_at <= now() when 'cancelled' then c.state = 'cancelled' else true end
    ) then
        return false;
    end if;
    perform dispatch.give_up(of_batch, doomed, why);
    return true;
end
$$;

-- Gives up the next batch of a cancelled campaign that no living worker holds, and says which one that was; null after the last.
create function dispatch.drop_next_cancelled(of_campaign bigint, after_batch bigint) returns bigint
language plpgsql as $$
declare
    chosen bigint;
begin
    if not exists (select from intake.campaign as c where c.campaign_id = of_campaign and c.state = 'cancelled') then
        return null;
    end if;
    select b.batch_id into chosen
    from dispatch.batch as b
    where b.campaign_id = of_campaign
      and b.batch_id > after_batch
      and (b.state = 'ready' or b.leased_until < now())
    order by b.batch_id
    limit 1
    for update skip locked;
    if chosen is null then
        return null;
    end if;
    perform dispatch.give_up(chosen, null, 'cancelled');
    update dispatch.batch
    set state = 'done',
        again = false,
        epoch_id = null,
        fence = null,
        leased_until = null,
        done_at = clock_timestamp()
    where batch_id = chosen
      and not exists (select from dispatch.open_attempts(chosen));
    return chosen;
end
$$;

-- Whether another worker, alive or not settled yet, sends over a connector: it has an intent there without a committed end, or
-- had its last one less than a minute ago. For so long, more than a lease, it may not know yet who is in doubt because of others.
create function dispatch.sends_elsewhere(of_epoch bigint, connector integer) returns boolean
language sql stable as $$
    select exists (
        select
        from dispatch.epoch
        cross join lateral (
            select intent.serial, intent.intended_at
            from dispatch.intent
            where intent.epoch_id = epoch.epoch_id
              and intent.connector_id = connector
            order by intent.serial desc
            limit 1
        ) as last
        where epoch.settled_at is null
          and epoch.epoch_id <> of_epoch
          and (
            last.intended_at > clock_timestamp() - interval '1 minute'
            or last.serial >= coalesce((
                select group_commit.open_from
                from dispatch.group_commit
                where group_commit.epoch_id = epoch.epoch_id
                order by group_commit.serial desc
                limit 1
            ), 0)
        )
    )
$$;

-- Where receipts do not tell attempts apart, a recipient may have one attempt under way, so one worker at a time sends.
create function dispatch.may_intend(of_epoch bigint, connector integer) returns boolean
language plpgsql as $$
begin
    if (select c.echoes_reference from dispatch.connector as c where c.connector_id = connector) then
        return true;
    end if;
    perform pg_advisory_xact_lock(hashtext('dispatch.intent'), connector);
    return not dispatch.sends_elsewhere(of_epoch, connector);
end
$$;

-- Whether all of these are in an account's base and none of them opted out: seen by the block, without a look at each.
-- By index: bases and lists of opt-outs grow faster than their statistics.
create function dispatch.are_reachable(owner bigint, msisdns bigint[]) returns boolean
language plpgsql stable set enable_seqscan = off as $$
begin
    return (select count(*) from account.base_member as m where m.account_id = owner and m.msisdn = any (msisdns))
        = (select count(distinct given.msisdn) from unnest(msisdns) as given (msisdn))
        and not exists (
            select from account.opt_out as o
            where o.msisdn = any (msisdns) and (o.account_id = owner or o.account_id is null)
        );
end
$$;

-- Commits a block of intents, less the recipients who opted out or left the base: those are dropped here and now.
-- Gives the places (from 1) of the entries that may not be written; null where the lease is lost.
create function dispatch.intend(
    of_epoch bigint, intent_serial bigint, of_batch bigint, holder bigint, connector integer, line smallint, first_place bigint,
    wanted integer[], parts smallint[], tries smallint[], msisdns bigint[]
) returns integer[]
language plpgsql as $$
declare
    owner bigint;
    campaign bigint;
    lacking integer[] := '{}';
    opted_out integer[];
    not_in_base integer[];
begin
    if not dispatch.holds_lease(of_batch, holder) then
        return null;
    end if;
    select b.account_id, b.campaign_id into owner, campaign from dispatch.batch as b where b.batch_id = of_batch;
    if not exists (select from intake.campaign as c where c.campaign_id = campaign and intake.standing(c) = 'accepted')
        or dispatch.is_stopped(owner, connector)
        or not dispatch.may_intend(of_epoch, connector)
    then
        return array(select generate_series(1, cardinality(wanted)));
    end if;
    if not dispatch.are_reachable(owner, msisdns) then
        select
            coalesce(array_agg(entry.place::integer), '{}'),
            array_agg(entry.ordinal) filter (where entry.is_out),
            array_agg(entry.ordinal) filter (where not entry.is_out)
        into lacking, opted_out, not_in_base
        from (
            select
                given.place,
                given.ordinal,
                exists (
                    select from account.opt_out as o
                    where o.msisdn = given.msisdn and (o.account_id = owner or o.account_id is null)
                ) as is_out,
                exists (
                    select from account.base_member as m where m.account_id = owner and m.msisdn = given.msisdn
                ) as is_in_base
            from unnest(wanted, msisdns) with ordinality as given (ordinal, msisdn, place)
        ) as entry
        where entry.is_out or not entry.is_in_base;
        if opted_out is not null then
            perform dispatch.drop_unsent(of_batch, holder, opted_out, 'opted_out');
        end if;
        if not_in_base is not null then
            perform dispatch.drop_unsent(of_batch, holder, not_in_base, 'not_in_base');
        end if;
    end if;
    if cardinality(lacking) = cardinality(wanted) then
        return lacking;
    end if;
    if cardinality(lacking) > 0 then
        select array_agg(given.ordinal order by given.place), array_agg(given.part order by given.place),
            array_agg(given.try order by given.place)
        into wanted, parts, tries
        from unnest(wanted, parts, tries) with ordinality as given (ordinal, part, try, place)
        where given.place <> all (lacking);
    end if;
    insert into dispatch.intent (
        epoch_id, serial, account_id, campaign_id, batch_id, fence, connector_id, session, first_sequence, ordinals, segments,
        attempts)
    values (of_epoch, intent_serial, owner, campaign, of_batch, holder, connector, line, first_place, wanted, parts, tries);
    return lacking;
end
$$;
