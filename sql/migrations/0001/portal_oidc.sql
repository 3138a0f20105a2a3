-- Signing in through an organisation's own provider (OpenID Connect): what has to be remembered until the browser comes back.

-- [browser that was sent to the provider]
create table portal.oidc_request (
    state bytea primary key check (length(state) = 32),
    nonce text not null,
    code_verifier text not null,
    next text not null,
    ends_at timestamptz not null
);
create index on portal.oidc_request (ends_at);
comment on table portal.oidc_request is 'state: SHA-256 of what the browser''s cookie holds. Gone once it came back, or is late.';

grant select, insert, delete on portal.oidc_request to outbound_doorman;
