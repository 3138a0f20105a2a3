"""The carrier's own record of what it accepted: appended before the answer goes out, read by whoever checks the books.

One JSON line per accepted submit_sm; the octets of the message in hexadecimal. Beside it `<name>.receipts`
says which receipts and replies the clients acknowledged, so that a carrier that starts again owes the others still.
"""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from smpp.reassembly import Reassembly
from smpp.receipt import State
from smpp.udh import Concatenation

REPLY = 0  # in the place of a receipt's state: the subscriber's reply


class Accepted(NamedTuple):
    """One accepted segment. number: the carrier's count, from 1. at: seconds since 1970, to the microsecond, as it was
    read. body: its octets. sar: which part it is where no header says so."""

    number: int
    system_id: str
    source: str
    destination: str
    esm_class: int
    data_coding: int
    registered_delivery: int
    reference: int | None
    sequence: int
    at: float
    body: bytes
    sar: Concatenation | None = None

    @property
    def identity(self) -> tuple[str, str, bytes, Concatenation | None]:
        """What two records share that are the same segment sent twice. Not the reference: each attempt has its own."""
        return self.destination, self.source, self.body, self.sar


def _line(record: Accepted) -> str:
    return json.dumps({**record._asdict(), "body": record.body.hex()}, separators=(",", ":"))


def _record(line: str) -> Accepted:
    values = json.loads(line)
    sar = values["sar"] and Concatenation(*values["sar"])
    return Accepted(**{**values, "body": bytes.fromhex(values["body"]), "sar": sar})


def _receipts_path(path: Path) -> Path:
    return path.with_name(path.name + ".receipts")


def _whole_lines(path: Path) -> Iterator[str]:
    """The lines that were written to their end; a line cut off by a kill was never answered."""
    if path.exists():
        with path.open(encoding="ascii") as lines:
            yield from (line for line in lines if line.endswith("\n"))


class Log:
    """The writing side. None as path: counts only. numbers go on where the file ends."""

    def __init__(self, path: Path | None) -> None:
        self.accepted = 0
        self._path = path
        self._accepted = self._acknowledged = -1
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self.accepted = sum(1 for _ in _whole_lines(path))
        self._accepted = _open_at_last_line(path)
        self._acknowledged = _open_at_last_line(_receipts_path(path))

    def owed(self) -> Iterator[tuple[Accepted, frozenset[int]]]:
        """From before this start: every record, and what its client acknowledged, states of receipts and REPLY."""
        if self._path is None:
            return
        acknowledged: dict[int, set[int]] = defaultdict(set)
        for number, what in _acknowledged(self._path):
            acknowledged[number].add(what)
        for record in Witness(self._path).accepted():
            yield record, frozenset(acknowledged.get(record.number, ()))

    def accept(self, records: Iterable[Accepted]) -> None:
        """In the file, and so safe from the death of this process, before this returns."""
        lines = [_line(record) for record in records]
        self.accepted += len(lines)
        _append(self._accepted, lines)

    def acknowledge(self, deliveries: Iterable[tuple[int, int]]) -> None:
        """The client has these: number of the segment, state of the receipt or REPLY."""
        _append(self._acknowledged, [f"{number} {int(what)}" for number, what in deliveries])

    def close(self) -> None:
        for descriptor in (self._accepted, self._acknowledged):
            if descriptor >= 0:
                os.close(descriptor)


class Witness:
    """The reading side, at any time, also while the carrier runs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def accepted(self, after: int = 0) -> list[Accepted]:
        """Every accepted segment, in the order of acceptance; those behind the first `after`."""
        return [_record(line) for line in islice(_whole_lines(self.path), after, None)]

    def count(self) -> int:
        return sum(1 for _ in _whole_lines(self.path))

    def distinct(self) -> int:
        """Accepted segments, each counted once however often it was sent."""
        return len({record.identity for record in self.accepted()})

    def doubled(self) -> list[Accepted]:
        """One record of each segment that was accepted more than once."""
        records = self.accepted()
        times = Counter(record.identity for record in records)
        return list({record.identity: record for record in records if times[record.identity] > 1}.values())

    def texts(self) -> dict[str, list[str]]:
        """By destination: the whole texts that its handset shows, in order of completion."""
        return texts_of(self.accepted())

    def acknowledged(self) -> dict[int, list[State]]:
        """By number: the states that the client acknowledged, in order."""
        states: dict[int, list[State]] = defaultdict(list)
        for number, what in _acknowledged(self.path):
            if what != REPLY:
                states[number].append(State(what))
        return dict(states)

    def replied(self) -> set[int]:
        """The numbers of the segments whose subscribers' replies the client acknowledged."""
        return {number for number, what in _acknowledged(self.path) if what == REPLY}


def texts_of(records: Iterable[Accepted]) -> dict[str, list[str]]:
    """By destination: the whole texts that these segments make, in order of completion."""
    open_messages: dict[tuple[str, str], Reassembly] = defaultdict(Reassembly)
    texts: dict[str, list[str]] = defaultdict(list)
    for record in records:
        reassembly = open_messages[record.source, record.destination]
        text = reassembly.add(record.body, record.esm_class, record.data_coding, record.sar)
        if text is not None:
            texts[record.destination].append(text)
    return dict(texts)


def _acknowledged(path: Path) -> Iterator[tuple[int, int]]:
    for line in _whole_lines(_receipts_path(path)):
        number, what = line.split()
        yield int(number), int(what)


def _open_at_last_line(path: Path) -> int:
    """Opened for appending, behind the last whole line."""
    whole = sum(len(line) for line in _whole_lines(path))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.ftruncate(descriptor, whole)
    return descriptor


def _append(descriptor: int, lines: list[str]) -> None:
    if descriptor < 0 or not lines:
        return
    octets = memoryview(("\n".join(lines) + "\n").encode("ascii"))
    while octets:
        octets = octets[os.write(descriptor, octets) :]
