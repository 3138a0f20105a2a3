"""Passwords and second factors: argon2id (RFC 9106) and time-based one-time passwords (RFC 6238)."""

from functools import cache

import pyotp
from pwdlib import PasswordHash

from outbound.errors import OutboundError

SHORTEST = 12
LONGEST = 200  # characters; hashing takes its time with more


class WeakPassword(OutboundError):
    """A password that is too short to keep anybody out: how long it has to be."""


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _of_nobody() -> str:
    return _hasher().hash("a password that nobody has")


def hashed(password: str) -> str:
    """Raises WeakPassword."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(f"a password has {SHORTEST} to {LONGEST} characters: choose another one")
    return _hasher().hash(password)


def verified(password: str, password_hash: str | None) -> tuple[bool, str | None]:
    """(whether it is the one, its hash by today's parameters where the old one's are outdated).

    Without a hash it takes the same time: how long the answer takes tells nobody whether a name exists.
    """
    matches, newer = _hasher().verify_and_update(password[:LONGEST], password_hash or _of_nobody())
    return (matches, newer) if password_hash else (False, None)


def new_totp_secret() -> str:
    return pyotp.random_base32()


def totp_address(secret: str, email: str) -> str:
    """What an authenticator takes, as text or as a link."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="Outbound")


def is_totp(secret: str, code: str) -> bool:
    """The code of this half minute, of the one before or of the next."""
    return pyotp.TOTP(secret).verify(code.replace(" ", ""), valid_window=1)
