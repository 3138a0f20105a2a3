-- What stays of a number once it is removed: HMAC-SHA-256 under its account's key (RFC 2104), the first 16 octets.

-- The key with HMAC's two pads; made once for many numbers.
create function account.hash_pads(key bytea, out inner_pad bytea, out outer_pad bytea)
language plpgsql immutable strict parallel safe as $$
declare
    block constant integer := 64;
    whole bytea := case when length(key) > block then sha256(key) else key end;
begin
    whole := whole || decode(repeat('00', block - length(whole)), 'hex');
    inner_pad := whole;
    outer_pad := whole;
    for place in 0 .. block - 1 loop
        inner_pad := set_byte(inner_pad, place, get_byte(whole, place) # x'36'::integer);
        outer_pad := set_byte(outer_pad, place, get_byte(whole, place) # x'5c'::integer);
    end loop;
end
$$;

create function account.number_hash(inner_pad bytea, outer_pad bytea, msisdn bigint) returns bytea
language sql immutable strict parallel safe
return substr(sha256(outer_pad || sha256(inner_pad || convert_to(msisdn::text, 'UTF8'))), 1, 16);
