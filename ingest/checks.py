"""A campaign's rows, checked in the order of INTAKE: the first check that fails is a row's reason."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.scanner import Row
from ingest.template import Template
from recipients import number
from recipients.consent import Standing
from recipients.networks import Network, Networks
from recipients.reason import Reason
from smpp import text as sms

LONGEST_FIELD = 10_000
CHUNK = 5_000  # rows whose membership is looked up at once


class Verdict(NamedTuple):
    """What was found of a row. reason: None is accepted. first_line: of the row that a DUPLICATE repeats."""

    line: int
    reason: Reason | None
    msisdn: int | None = None
    network: Network | None = None
    text: str | None = None
    encoding: str | None = None
    segments: int | None = None
    first_line: int | None = None


@dataclass(frozen=True)
class Rules:
    """What a campaign's rows are checked against.

    template: None takes the text from the column text_place. zones: that units are valid for; None is all.
    sender_operators: that let the sender through; None is all of them, empty is none. capped: ascending, the numbers that
    have had enough messages of late; None where there is no cap.
    """

    width: int
    recipient: int
    region: str
    networks: Networks
    zones: frozenset[str] | None
    template: Template | None
    text_place: int | None
    max_segments: int
    sender_operators: frozenset[str] | None
    capped: npt.NDArray[np.int64] | None = None


def shape(row: Row, width: int) -> Reason | None:
    """Whether a row is like its header and can be read."""
    if len(row.fields) != width:
        return Reason.FIELD_COUNT
    if any("\0" in field for field in row.fields):
        return Reason.BAD_BYTE
    if any(len(field) > LONGEST_FIELD for field in row.fields):
        return Reason.FIELD_TOO_LONG
    return None


def check(rows: Iterable[Row], rules: Rules, standing: Callable[[Sequence[int]], Standing]) -> Iterator[Verdict]:
    """standing: looks up who of many numbers is in the base, and who opted out."""
    accepted: dict[int, int] = {}
    source = iter(rows)
    while chunk := list(islice(source, CHUNK)):
        found = _reachable(chunk, rules)
        known = standing([verdict.msisdn for verdict in found if verdict.reason is None and verdict.msisdn is not None])
        for row, verdict in zip(chunk, found, strict=True):
            if verdict.reason is not None or verdict.msisdn is None:
                yield verdict
                continue
            final = _permitted(row, verdict, rules, known)
            if final.reason is None:
                first_line = accepted.setdefault(verdict.msisdn, row.line)
                if first_line != row.line:
                    final = final._replace(reason=Reason.DUPLICATE, first_line=first_line)
            yield final


def _reachable(rows: list[Row], rules: Rules) -> list[Verdict]:
    """Shape, number, network."""
    shapes = [shape(row, rules.width) for row in rows]
    readable = [row.fields[rules.recipient] for row, wrong in zip(rows, shapes, strict=True) if wrong is None]
    numbers = iter(number.judge_all(readable, rules.region))
    verdicts = []
    for row, wrong in zip(rows, shapes, strict=True):
        if wrong is not None:
            verdicts.append(Verdict(row.line, wrong))
            continue
        reason, msisdn = next(numbers)
        network = None if msisdn is None else rules.networks.of(msisdn)
        if reason is None and not _is_covered(network, rules.zones):
            reason = Reason.NOT_COVERED
        verdicts.append(Verdict(row.line, reason, msisdn, network))
    return verdicts


def _is_covered(network: Network | None, zones: frozenset[str] | None) -> bool:
    return network is not None and network.covered and (zones is None or network.zone in zones)


def _permitted(row: Row, verdict: Verdict, rules: Rules, known: Standing) -> Verdict:
    """Base, opt-out, text, sender, frequency."""
    if verdict.msisdn not in known.members:
        return verdict._replace(reason=Reason.NOT_IN_BASE)
    if verdict.msisdn in known.opted_out:
        return verdict._replace(reason=Reason.OPTED_OUT)
    if rules.template is not None:
        if any(not row.fields[place].strip() for place in rules.template.needs):
            return verdict._replace(reason=Reason.MISSING_VALUE)
        text = rules.template.fill(row.fields)
    else:
        text = row.fields[rules.text_place or 0]
    if not text.strip():
        return verdict._replace(reason=Reason.EMPTY_TEXT)
    segments = sms.count_segments(text)
    verdict = verdict._replace(text=text, encoding=sms.encoding_of(text).label, segments=segments)
    if segments > rules.max_segments:
        return verdict._replace(reason=Reason.TOO_LONG)
    operator = verdict.network.operator if verdict.network else ""
    if rules.sender_operators is not None and operator not in rules.sender_operators:
        return verdict._replace(reason=Reason.SENDER_NOT_APPROVED)
    if rules.capped is not None and _is_among(rules.capped, verdict.msisdn or 0):
        return verdict._replace(reason=Reason.FREQUENCY_CAP)
    return verdict


def _is_among(ascending: npt.NDArray[np.int64], msisdn: int) -> bool:
    place = int(np.searchsorted(ascending, msisdn))
    return place < len(ascending) and int(ascending[place]) == msisdn
