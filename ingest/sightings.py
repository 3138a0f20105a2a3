"""Tells when a file is complete, by what earlier looks at its landing zone saw (INTAKE, Upload)."""

from datetime import timedelta
from typing import NamedTuple

import psycopg

from ingest import zone
from ingest.zone import Listing
from outbound import database
from outbound.landing.zone import Found
from outbound.queries import load

Q = load("ingest/looks")

_COLUMNS = ("account_id", "kind", "name", "size", "modified_ns", "waits")

Key = tuple[str, str]
"""(kind, name as the database has it)"""


class Sighting(NamedTuple):
    """at_rest: since when it is as it is now, until this look. waits: something follows once that is long enough."""

    size: int
    modified_ns: int
    waits: bool
    at_rest: timedelta


class Sightings:
    """What earlier looks saw: asked about every file of a listing, so what is rare is looked for first.

    apart: the least time at rest. is_atomic: the store never shows half a file.
    """

    def __init__(self, earlier: dict[Key, Sighting], apart: timedelta, *, is_atomic: bool) -> None:
        self._ripe = {key: seen for key, seen in earlier.items() if seen.at_rest >= apart}
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

    def is_at_rest(self, kind: str, found: Found) -> bool:
        """Two looks, far enough apart, saw the same size and time."""
        if not self._ripe:
            return False
        seen = self._ripe.get((kind, zone.printable(found.name)))
        return seen is not None and (seen.size, seen.modified_ns) == (found.size, found.modified_ns)

    def _was_renamed(self, kind: str, name: str, files: dict[str, Found]) -> bool:
        parts = (name + zone.PART, f".{name}")
        return any((kind, zone.printable(part)) in self._parts and part not in files for part in parts)


def note(
    connection: psycopg.Connection, account_id: int, listing: Listing, apart: timedelta, *, is_atomic: bool
) -> Sightings:
    """What was seen before; what is seen now is noted for the next look: a statement an account, not one a file."""
    earlier = {
        (kind, name): Sighting(*seen) for kind, name, *seen in connection.execute(Q.sightings, {"account": account_id})
    }
    now = {} if is_atomic else _worth_noting(listing)
    gone = [key for key in earlier if key not in now and not _is_manifest_there(key, listing)]
    new = [(*key, *state) for key, state in now.items() if key not in earlier]
    changed = [(*key, *state) for key, state in now.items() if key in earlier and earlier[key][:3] != state]
    if gone:
        kinds, names = zip(*gone, strict=True)
        connection.execute(Q.forget_sightings, {"account": account_id, "kinds": list(kinds), "names": list(names)})
    if changed:
        write(connection, account_id, changed)
    if new:
        with connection.cursor() as cursor:
            database.copy_in(cursor, "intake.sighting", _COLUMNS, ((account_id, *row) for row in new))
    return Sightings(earlier, apart, is_atomic=is_atomic)


def write(connection: psycopg.Connection, account_id: int, seen: list[tuple[str, str, int, int, bool]]) -> None:
    """seen: (kind, name, size, modified_ns, waits)."""
    kinds, names, sizes, modified_ns, waits = map(list, zip(*seen, strict=True))
    connection.execute(
        Q.note_sightings,
        {
            "account": account_id,
            "kinds": kinds,
            "names": names,
            "sizes": sizes,
            "modified_ns": modified_ns,
            "waits": waits,
        },
    )


def _worth_noting(listing: Listing) -> dict[Key, tuple[int, int, bool]]:
    return {
        (kind, zone.printable(found.name)): (found.size, found.modified_ns, not zone.is_part(found.name))
        for kind, files in listing.items()
        for found in files.values()
        if not zone.is_companion(found.name)
    }


def _is_manifest_there(key: Key, listing: Listing) -> bool:
    """Late manifests are noted by `ingest.late`, and stay noted as long as they lie there."""
    kind, name = key
    return name.endswith(zone.SIDECAR) and name in listing[kind]
