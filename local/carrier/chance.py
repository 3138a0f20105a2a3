"""Chance that a killed and restarted carrier repeats: decided by a seed, a purpose and a key, never by the moment."""

import hashlib


def chance(seed: int, key: bytes, purpose: bytes = b"") -> float:
    """At least 0, below 1: always the same for the same key. Purposes (16 octets at most) do not depend on each other."""
    digest = hashlib.blake2b(key, digest_size=8, key=b"%d" % seed, person=purpose).digest()
    return int.from_bytes(digest) / 2**64
