"""Tells when a file is complete, by what earlier looks at its landing zone saw (INTAKE, Upload)."""

from datetime import timedelta
from typing import NamedTuple

import psycopg

from ingest import zone
from ingest.zone import Listing
from outbound.landing.zone import Found
from outbound.queries import load

Q = load("ingest/looks")

Key = tuple[str, str]
"""(kind, name as the database has it)"""
State = tuple[int, int]
"""(size, modified_ns)"""


class Sighting(NamedTuple):
    """at_rest: since when it is as it is now, until this look."""

    size: int
    modified_ns: int
    at_rest: timedelta


class _Batch(NamedTuple):
    """Files of a folder that were first seen, as they are, by one and the same look."""

    sighting_id: int
    kind: str
    at_rest: timedelta
    names: list[str]
    sizes: list[int]
    modified_ns: list[int]


class Sightings:
    """What earlier looks saw: asked about every file of a listing, so what is rare is looked for first.

    apart: the least time at rest. is_atomic: the store never shows half a file.
    """

    def __init__(self, earlier: dict[Key, Sighting], apart: timedelta, *, is_atomic: bool) -> None:
        self._earlier = earlier
        self._apart = apart
        self._parts = {key for key in earlier if zone.is_part(key[1])}
        self._is_atomic = is_atomic

    def completed_by(self, kind: str, found: Found, files: dict[str, Found]) -> str | None:
        """How it is known that all of a file is there; None while it is not. files: all of its folder."""
        if self._is_atomic:
            return "bucket"
        if found.name + zone.DONE in files:
            return "marker"
        if self._parts and self._was_renamed(kind, found.name, files):
            return "rename"
        return "stability" if self.is_at_rest(kind, found) else None

    def is_noted(self, kind: str, found: Found) -> bool:
        """An earlier look saw it with the same size and time."""
        return self._noted(kind, found) is not None

    def is_at_rest(self, kind: str, found: Found) -> bool:
        """Two looks, far enough apart, saw the same size and time."""
        seen = self._noted(kind, found)
        return seen is not None and seen.at_rest >= self._apart

    def _noted(self, kind: str, found: Found) -> Sighting | None:
        seen = self._earlier.get((kind, zone.printable(found.name)))
        return seen if seen is not None and seen[:2] == (found.size, found.modified_ns) else None

    def _was_renamed(self, kind: str, name: str, files: dict[str, Found]) -> bool:
        parts = (name + zone.PART, f".{name}")
        return any((kind, zone.printable(part)) in self._parts and part not in files for part in parts)


def note(
    connection: psycopg.Connection, account_id: int, listing: Listing, apart: timedelta, *, is_atomic: bool
) -> Sightings:
    """What was seen before; what is seen now is noted for the next look: in a row a folder and a look, not one a file."""
    batches = [
        _Batch._make(row) for row in connection.execute(Q.sightings, {"account": account_id}, binary=True).fetchall()
    ]
    earlier = {
        (batch.kind, name): Sighting(size, modified_ns, batch.at_rest)
        for batch in batches
        for name, size, modified_ns in zip(batch.names, batch.sizes, batch.modified_ns, strict=True)
    }
    now = {} if is_atomic else _states(listing, of_companions=False)
    manifests = _states(listing, of_companions=True)  # `ingest.late` notes those that came late
    over = {key for key, seen in earlier.items() if (now.get(key) or manifests.get(key)) != seen[:2]}
    new: dict[tuple[str, bool], list[tuple[str, State]]] = {}
    for (kind, name), state in now.items():
        if (kind, name) not in earlier or (kind, name) in over:
            new.setdefault((kind, not zone.is_part(name)), []).append((name, state))
    if over or new:
        with connection.transaction():
            if over:
                _forget(connection, batches, over)
            for (kind, waits), seen in new.items():
                _write(connection, account_id, kind, seen, waits=waits)
    return Sightings(earlier, apart, is_atomic=is_atomic)


def note_manifest(connection: psycopg.Connection, account_id: int, kind: str, sidecar: Found) -> None:
    """Notes a manifest that came late, to see at the next looks whether it is at rest."""
    seen = (zone.printable(sidecar.name), (sidecar.size, sidecar.modified_ns))
    _write(connection, account_id, kind, [seen], waits=True)


def _forget(connection: psycopg.Connection, batches: list[_Batch], over: set[Key]) -> None:
    """Without those that are gone or are not as they were."""
    for batch in batches:
        files = zip(batch.names, batch.sizes, batch.modified_ns, strict=True)
        left = [file for file in files if (batch.kind, file[0]) not in over]
        if not left:
            connection.execute(Q.forget_sighting, {"sighting": batch.sighting_id})
        elif len(left) < len(batch.names):
            names, sizes, modified_ns = map(list, zip(*left, strict=True))
            values = {"sighting": batch.sighting_id, "names": names, "sizes": sizes, "modified_ns": modified_ns}
            connection.execute(Q.shorten_sighting, values)


def _write(
    connection: psycopg.Connection, account_id: int, kind: str, seen: list[tuple[str, State]], *, waits: bool
) -> None:
    values = {
        "account": account_id,
        "kind": kind,
        "waits": waits,
        "names": [name for name, _ in seen],
        "sizes": [size for _, (size, _) in seen],
        "modified_ns": [modified_ns for _, (_, modified_ns) in seen],
    }
    connection.execute(Q.note_sighting, values)


def _states(listing: Listing, *, of_companions: bool) -> dict[Key, State]:
    return {
        (kind, zone.printable(found.name)): (found.size, found.modified_ns)
        for kind, files in listing.items()
        for found in files.values()
        if zone.is_companion(found.name) is of_companions
    }
