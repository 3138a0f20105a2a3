"""Tells which files are complete, by what earlier looks at their landing zone saw (INTAKE, Upload).

A folder may hold ten thousands of files that wait: what is done for each of them is a comparison, and all else is done for
those that something has become of.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import NamedTuple

import psycopg

from ingest import zone
from ingest.zone import Listing
from outbound.landing.zone import Found
from outbound.queries import load

Q = load("ingest/looks")

State = tuple[int, int]
"""(size, modified_ns)"""


class Batch(NamedTuple):
    """Files of a folder that were first seen, as they are, by one and the same look. at_rest: since when, until this look.

    names: as the database has them.
    """

    sighting_id: int
    kind: str
    at_rest: timedelta
    names: list[str]
    sizes: list[int]
    modified_ns: list[int]

    def states(self) -> Iterator[tuple[str, State]]:
        return zip(self.names, zip(self.sizes, self.modified_ns, strict=True), strict=True)


class Complete(NamedTuple):
    """A file that may be taken, and how it is known that all of it is there."""

    kind: str
    found: Found
    completed_by: str


class Sightings:
    """What is there now beside what earlier looks saw. apart: the least time at rest. is_atomic: the store never shows half
    a file."""

    def __init__(self, batches: list[Batch], listing: Listing, apart: timedelta, *, is_atomic: bool) -> None:
        self.there = {kind: zone.by_printable(files) for kind, files in listing.items()}
        """kind -> name as the database has it -> the file."""
        self._now: dict[str, dict[str, State]] = {
            kind: {name: found[2:4] for name, found in files.items()} for kind, files in self.there.items()
        }
        self._earlier: dict[str, dict[str, State]] = {kind: {} for kind in listing}
        self._ripe: dict[str, list[str]] = {kind: [] for kind in listing}
        for batch in batches:
            self._earlier[batch.kind].update(batch.states())
            if batch.at_rest >= apart:
                self._ripe[batch.kind] += batch.names
        self._is_atomic = is_atomic

    def complete(self) -> Iterator[Complete]:
        for kind, files in self.there.items():
            for name, completed_by in self._complete_of(kind).items():
                yield Complete(kind, files[name], completed_by)

    def _complete_of(self, kind: str) -> dict[str, str]:
        """Name -> how that is known; the surest sign counts."""
        files = self.there[kind]
        if self._is_atomic:
            return {name: "bucket" for name in files if zone.is_plain(name)}
        rested = [name for name in self._ripe[kind] if self._is_unchanged(kind, name)]
        marked = [name.removesuffix(zone.DONE) for name in files if name.endswith(zone.DONE)]
        known = dict.fromkeys(rested, "stability")
        known |= dict.fromkeys(chain.from_iterable(self._written_as(kind)), "rename")
        known |= dict.fromkeys(marked, "marker")
        return {name: how for name, how in known.items() if name in files and zone.is_plain(name)}

    def _written_as(self, kind: str) -> Iterator[list[str]]:
        """The names that files may have got that were there under the name of a part and are not any more."""
        for part in self._earlier[kind]:
            if zone.is_part(part) and part not in self._now[kind]:
                yield [part.removesuffix(zone.PART), part.removeprefix(".")]

    def is_noted(self, kind: str, found: Found) -> bool:
        """An earlier look saw it with the same size and time."""
        return self._is_unchanged(kind, zone.printable(found.name))

    def is_at_rest(self, kind: str, found: Found) -> bool:
        """Two looks, far enough apart, saw the same size and time."""
        return self.is_noted(kind, found) and zone.printable(found.name) in self._ripe[kind]

    def _is_unchanged(self, kind: str, name: str) -> bool:
        state = self._earlier[kind].get(name)
        return state is not None and state == self._now[kind].get(name)

    def new(self, kind: str) -> list[tuple[str, State]]:
        """What is to be noted: companions are not, for `ingest.late` notes those that came late."""
        if self._is_atomic:
            return []
        earlier = self._earlier[kind]
        changed = [(name, state) for name, state in self._now[kind].items() if earlier.get(name) != state]
        return [(name, state) for name, state in changed if not zone.is_companion(name)]

    def over(self, kind: str) -> set[str]:
        """What was noted and is gone, or is not as it was."""
        now = self._now[kind]
        if self._is_atomic:
            now = {name: state for name, state in now.items() if zone.is_companion(name)}
        return {name for name, state in self._earlier[kind].items() if now.get(name) != state}


def note(
    connection: psycopg.Connection, account_id: int, listing: Listing, apart: timedelta, *, is_atomic: bool
) -> Sightings:
    """What was seen before; what is seen now is noted for the next look: in a row a folder and a look, not one a file."""
    rows = connection.execute(Q.sightings, {"account": account_id}, binary=True).fetchall()
    batches = [Batch._make(row) for row in rows]
    seen = Sightings(batches, listing, apart, is_atomic=is_atomic)
    over = {kind: seen.over(kind) for kind in listing}
    new = {kind: seen.new(kind) for kind in listing}
    if any(over.values()) or any(new.values()):
        with connection.transaction():
            for batch in batches:
                if over[batch.kind]:
                    _forget(connection, batch, over[batch.kind])
            for kind, files in new.items():
                for is_part in (True, False):
                    some = [file for file in files if zone.is_part(file[0]) is is_part]
                    _write(connection, account_id, kind, some, waits=not is_part)
    return seen


def note_manifest(connection: psycopg.Connection, account_id: int, kind: str, sidecar: Found) -> None:
    """Notes a manifest that came late, to see at the next looks whether it is at rest."""
    seen = (zone.printable(sidecar.name), (sidecar.size, sidecar.modified_ns))
    _write(connection, account_id, kind, [seen], waits=True)


def _forget(connection: psycopg.Connection, batch: Batch, over: set[str]) -> None:
    left = [file for file in batch.states() if file[0] not in over]
    if not left:
        connection.execute(Q.forget_sighting, {"sighting": batch.sighting_id})
    elif len(left) < len(batch.names):
        connection.execute(Q.shorten_sighting, {"sighting": batch.sighting_id, **_columns(left)})


def _write(
    connection: psycopg.Connection, account_id: int, kind: str, seen: list[tuple[str, State]], *, waits: bool
) -> None:
    if seen:
        where = {"account": account_id, "kind": kind, "waits": waits}
        connection.execute(Q.note_sighting, where | _columns(seen))


def _columns(files: list[tuple[str, State]]) -> dict[str, list[str] | list[int]]:
    names, states = zip(*files, strict=True)
    sizes, modified_ns = zip(*states, strict=True)
    return {"names": list(names), "sizes": list(sizes), "modified_ns": list(modified_ns)}
