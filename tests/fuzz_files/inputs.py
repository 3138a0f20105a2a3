"""The file of a seed: a good one, and what a seeded hand makes of it."""

import json
import random
from typing import NamedTuple

from tests.fuzz_files import mutations, tables


class Input(NamedTuple):
    """manifest: the sidecar's octets; None where there is none."""

    kind: str
    name: str
    content: bytes
    manifest: bytes | None


def good(seed: int) -> Input:
    """Before anything is done to it."""
    rng = random.Random(seed)
    made = tables.make(rng, tables.table(rng))
    return Input(made.kind, f"{seed}.{made.suffix}", made.content, _sidecar(made.manifest))


def spoilt(seed: int) -> Input:
    """One or more of: rows changed before they are written, octets within an archive or of the file, the manifest."""
    rng = random.Random(seed)
    what = tables.table(rng)
    where = rng.choice(("rows", "inner", "inner", "outer", "manifest", "both"))
    if where in ("rows", "both"):
        mutations.of_rows(rng, what)
    made = tables.make(rng, what)
    if where in ("inner", "both"):
        made.inner = mutations.of_octets(rng, made.inner)
    content = mutations.of_octets(rng, made.content) if where == "outer" else made.content
    manifest = mutations.of_manifest(rng, made) if where == "manifest" else _sidecar(made.manifest)
    return Input(made.kind, f"{seed}.{made.suffix}", content, manifest)


def _sidecar(options: dict[str, object] | None) -> bytes | None:
    return json.dumps(options, ensure_ascii=False).encode() if options else None
