-- Whose replies are whose: a customer sees what its own subscribers answered to its own addresses.

-- [reply of an account], written with the reply. An address that several accounts send from is answered to those whose base the
-- subscriber is in; to nobody where that is none of them, for a number is not shown to who does not have it.
create table dispatch.inbox (
    account_id bigint not null,
    reply_id bigint not null,
    received_at timestamptz not null,
    msisdn bigint,
    destination text not null,
    is_stop boolean not null,
    pdu bytea not null,
    primary key (account_id, reply_id)
);
comment on column dispatch.inbox.pdu is 'deliver_sm or data_sm as it came; the text is read out of it.';

create function dispatch.sort_replies() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into dispatch.inbox (account_id, reply_id, received_at, msisdn, destination, is_stop, pdu)
    select
        answered.account_id, answered.reply_id, answered.received_at, answered.msisdn, answered.destination, answered.is_stop,
        answered.raw
    from (
        select sender.account_id, arrived.*, count(*) over (partition by arrived.reply_id) as accounts
        from arrived
        join (select distinct account_id, ltrim(address, '+') as address from account.sender) as sender
            on sender.address = ltrim(arrived.destination, '+')
    ) as answered
    where answered.accounts = 1
       or exists (
        select
        from account.base_member as member
        where member.account_id = answered.account_id
          and member.msisdn = answered.msisdn
    );
    return null;
end
$$;
create trigger sort_replies after insert on dispatch.reply
    referencing new table as arrived for each statement execute function dispatch.sort_replies();
