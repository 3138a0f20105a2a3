"""What may be shown of a subscriber's number, and the keyed hash that outlives it."""

import hashlib
import hmac


def mask(msisdn: int | str) -> str:
    """The first four and the last three digits: enough to recognise, not enough to call."""
    digits = str(msisdn)
    if len(digits) <= 7:
        return "•" * len(digits)
    return digits[:4] + "•" * (len(digits) - 7) + digits[-3:]


def msisdn_hash(msisdn: int, key: bytes) -> bytes:
    """HMAC-SHA256 under the account's key, 16 bytes: finds a number again after retention has removed it."""
    return hmac.digest(key, str(msisdn).encode(), hashlib.sha256)[:16]
