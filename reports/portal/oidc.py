"""Signing in through an organisation's own provider: OpenID Connect, the authorisation code with PKCE (RFC 7636).

The provider says who somebody is by a signed token; whether they are one of ours is for `reports.portal.doorman` to say.
"""

import os
import secrets
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from outbound.errors import OutboundError
from outbound.settings import WrongSetting, secret

SECONDS = 10.0  # that the provider may take for an answer
LEEWAY = 60  # seconds that its clock may differ
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
"""Signatures by a private key that the provider alone has; never by the secret that it shares with us."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class NotVouchedFor(OutboundError):
    """The provider did not answer, or what it said cannot be trusted: what exactly, for the log."""


@dataclass(frozen=True)
class Provider:
    """issuer: as its tokens name it; its discovery document lies below. name: on the button. domains: of the e-mail addresses that
    it speaks for; none: of all."""

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    name: str
    domains: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """What is kept until the browser comes back. state: of this very browser. Each is random and used once."""

    state: str
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    code_verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))


def provider() -> Provider | None:
    """The provider of `OUTBOUND_OIDC_...`; None where `OUTBOUND_OIDC_ISSUER` is not set. Raises WrongSetting."""
    issuer = os.environ.get("OUTBOUND_OIDC_ISSUER")
    if not issuer:
        return None
    where = urlsplit(issuer)
    if where.scheme != "https" and not (where.scheme == "http" and where.hostname in _LOOPBACK):
        raise WrongSetting(f"OUTBOUND_OIDC_ISSUER is {issuer!r}: give an address that begins with https://")
    client_id = os.environ.get("OUTBOUND_OIDC_CLIENT_ID")
    if not client_id:
        raise WrongSetting("OUTBOUND_OIDC_CLIENT_ID is not set: give the id under which the provider knows the portal")
    domains = os.environ.get("OUTBOUND_OIDC_DOMAINS", "").replace(",", " ").lower().split()
    name = os.environ.get("OUTBOUND_OIDC_NAME") or where.hostname or issuer
    return Provider(issuer, client_id, secret("OUTBOUND_OIDC_CLIENT_SECRET"), name, tuple(domains))


def address(of: Provider, request: Request, redirect_uri: str) -> str:
    """Where the browser goes to sign in. Raises NotVouchedFor."""
    with _client(of, redirect_uri) as client:
        endpoint = _discovered(of, client)["authorization_endpoint"]
        made, _ = client.create_authorization_url(
            endpoint, state=request.state, nonce=request.nonce, code_verifier=request.code_verifier
        )
    return str(made)


def vouched_for(of: Provider, request: Request, redirect_uri: str, code: str) -> str:
    """The e-mail address that the provider has verified of whoever brings this code. Raises NotVouchedFor."""
    with _client(of, redirect_uri) as client:
        found = _discovered(of, client)
        try:
            token = client.fetch_token(found["token_endpoint"], code=code, code_verifier=request.code_verifier)
            keys = KeySet.import_key_set(_read(client, found["jwks_uri"]))
            claims = jwt.decode(token["id_token"], keys, algorithms=ALGORITHMS).claims
            _rules(of, request).validate(claims)
        except (AuthlibBaseError, JoseError, requests.RequestException, ValueError, KeyError, TypeError) as error:
            _refuse(error)
    return _email(of, claims)


def _email(of: Provider, claims: dict[str, Any]) -> str:
    email = claims.get("email")
    if not isinstance(email, str) or claims.get("email_verified") is not True:
        raise NotVouchedFor("the token has no e-mail address that the provider has verified")
    if of.domains and email.rpartition("@")[2].lower() not in of.domains:
        raise NotVouchedFor("the provider does not speak for addresses of this domain (OUTBOUND_OIDC_DOMAINS)")
    return email


def _rules(of: Provider, request: Request) -> jwt.JWTClaimsRegistry:
    """OpenID Connect Core 3.1.3.7. A token for several audiences says in azp to whom it was given."""
    return jwt.JWTClaimsRegistry(
        leeway=LEEWAY,
        iss={"essential": True, "value": of.issuer},
        aud={"essential": True, "value": of.client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": request.nonce},
        azp={"value": of.client_id},
    )


def _client(of: Provider, redirect_uri: str) -> OAuth2Session:
    return OAuth2Session(
        of.client_id, of.client_secret, redirect_uri=redirect_uri, scope="openid email", code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if of.client_secret else "none",
        default_timeout=SECONDS,
    )  # fmt: skip


def _discovered(of: Provider, client: OAuth2Session) -> dict[str, str]:
    """OpenID Connect Discovery 4: the endpoints, of this issuer and no other. Raises NotVouchedFor."""
    try:
        found = _read(client, of.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found["issuer"] != of.issuer:
            raise NotVouchedFor("the provider calls itself otherwise than OUTBOUND_OIDC_ISSUER")
        return {name: str(found[name]) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        _refuse(error)


def _read(client: OAuth2Session, url: str) -> Any:
    answer = client.request("GET", url, withhold_token=True)
    answer.raise_for_status()
    return answer.json()


def _refuse(error: Exception) -> NoReturn:
    """By its class alone: its words may quote a token."""
    raise NotVouchedFor(f"the provider's answer cannot be used: {type(error).__name__}") from None
