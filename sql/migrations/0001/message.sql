-- What is to be sent: the recipients of campaigns, in partitions by campaigns.

-- [recipient of a campaign]. The only place of a number and a text, beside raw receipts and replies.
create table dispatch.message (
    campaign_id bigint not null,
    ordinal integer not null check (ordinal >= 1),
    account_id bigint not null,
    line integer not null,
    msisdn bigint,
    msisdn_hash bytea,
    text text,
    encoding text not null check (encoding in ('gsm', 'ucs2')),
    segments smallint not null check (segments between 1 and 255),
    network_id integer not null,
    zone text not null,
    primary key (campaign_id, ordinal)
) partition by range (campaign_id);
comment on column dispatch.message.ordinal is '1.. in file order, without gaps.';
comment on column dispatch.message.msisdn is 'E.164 without +; null after retention, when only the hash is left.';
comment on column dispatch.message.msisdn_hash is 'HMAC-SHA256 under the account''s key, 16 octets; made when retention takes the number away.';

-- The partition that a campaign's messages go to: a range of 10,000 small campaigns, made when its first one comes.
create function dispatch.ensure_message_partition(campaign bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    first bigint := campaign / 10000 * 10000;
begin
    if campaign >= 1000000000000 then
        raise exception 'campaign % has a partition of its own: attach it', campaign;
    end if;
    if to_regclass(format('dispatch.message_%s', first)) is null then
        perform pg_advisory_xact_lock(hashtext('dispatch.message'), 0);
        execute format('create table if not exists dispatch.message_%s partition of dispatch.message for values from (%s) to (%s)',
            first, first, first + 10000);
    end if;
end
$$;

-- Makes a landing table, filled and indexed like dispatch.message, the partition of one large campaign. The check that it was made
-- with, one_campaign, spares ATTACH its scan of the rows.
create function dispatch.attach_messages(landing regclass, campaign bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    name text := (select relname from pg_class where oid = landing);
begin
    if campaign < 1000000000000 then
        raise exception 'campaign % shares a partition: insert its messages', campaign;
    end if;
    if (select relnamespace::regnamespace::text from pg_class where oid = landing) <> 'intake' then
        raise exception '% is not a landing table', landing;
    end if;
    execute format('alter table intake.%I owner to %I', name, current_user);
    execute format('alter table intake.%I set schema dispatch', name);
    execute format('alter table dispatch.message attach partition dispatch.%I for values from (%s) to (%s)', name, campaign, campaign + 1);
    execute format('alter table dispatch.%I drop constraint one_campaign', name);
end
$$;
