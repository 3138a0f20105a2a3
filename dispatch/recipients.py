"""The messages of a batch as they were accepted, by columns, and the octets of each of their segments."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dispatch.parts import Numbers, Octets
from dispatch.references import concatenation
from outbound.errors import OutboundError
from smpp import text
from smpp.text import Encoding
from smpp.wire import OnWire, Wire, put

_ARRAY_HEADER = 20  # octets before the elements of PostgreSQL's binary form of an array of one dimension
_SAME = bytes(septet for septet in range(128) if text.decode(bytes((septet,)), 0) == chr(septet))  # GSM 03.38 = ASCII


class SegmentsDiffer(OutboundError):
    """A text makes other segments than it was accepted (and is charged) with: it is not sent."""


@dataclass(frozen=True, slots=True)
class Recipients:
    """Columns of n messages, in the order of their ordinals. counts: segments as accepted; texts: UTF-8."""

    ordinals: Numbers
    msisdns: Numbers
    counts: Numbers
    networks: Numbers
    zones: npt.NDArray[np.bytes_]
    unicode: npt.NDArray[np.bool_]  # whether the message was accepted as UCS-2
    texts: list[bytes]

    def __len__(self) -> int:
        return len(self.ordinals)

    def part(self, start: int, end: int) -> "Recipients":
        """Those from start on, before end."""
        return Recipients(
            self.ordinals[start:end], self.msisdns[start:end], self.counts[start:end], self.networks[start:end],
            self.zones[start:end], self.unicode[start:end], self.texts[start:end],
        )  # fmt: skip

    def of(self, which: npt.NDArray[np.bool_]) -> "Recipients":
        """Only these."""
        if which.all():
            return self
        texts = [self.texts[place] for place in np.flatnonzero(which).tolist()]
        return Recipients(
            self.ordinals[which], self.msisdns[which], self.counts[which], self.networks[which], self.zones[which],
            self.unicode[which], texts,
        )  # fmt: skip


def from_rows(rows: Iterable[tuple[Any, ...]]) -> Recipients:
    """rows: as the query `recipients` gives them."""
    groups = [_group(row) for row in rows]
    if not groups:
        nothing = np.zeros(0, np.int64)
        return Recipients(nothing, nothing, nothing, nothing, np.zeros(0, "S1"), np.zeros(0, bool), [])
    if len(groups) == 1 and (np.diff(groups[0].ordinals) > 0).all():
        return groups[0]
    texts = [one for group in groups for one in group.texts]
    ordinals = np.concatenate([group.ordinals for group in groups])
    order = np.argsort(ordinals)
    return Recipients(
        ordinals[order],
        np.concatenate([group.msisdns for group in groups])[order],
        np.concatenate([group.counts for group in groups])[order],
        np.concatenate([group.networks for group in groups])[order],
        np.concatenate([group.zones for group in groups])[order],
        np.concatenate([group.unicode for group in groups])[order],
        [texts[place] for place in order.tolist()],
    )


def _group(row: tuple[Any, ...]) -> Recipients:
    encoding, segments, network, zone, ordinals, msisdns, lengths, octets = row
    own = _elements(ordinals, 4)
    sizes = _elements(lengths, 4)
    ends = np.cumsum(sizes)
    if len(sizes) != len(own) or int(ends[-1]) != len(octets):
        raise SegmentsDiffer(
            f"message {int(own[0])} and those like it: a text is missing; nothing of the batch is sent"
        )
    starts = (ends - sizes).tolist()
    texts = [octets[start:end] for start, end in zip(starts, ends.tolist(), strict=True)]
    count = len(own)
    return Recipients(
        own, _elements(msisdns, 8), np.full(count, segments), np.full(count, network),
        np.full(count, zone.encode("ascii")), np.full(count, encoding == Encoding.UCS2.label), texts,
    )  # fmt: skip


def _elements(array: bytes, width: int) -> Numbers:
    """The integers of an array in PostgreSQL's binary form; none of them is null."""
    elements = np.frombuffer(array, np.dtype([("size", ">i4"), ("value", f">i{width}")]), offset=_ARRAY_HEADER)
    if (elements["size"] != width).any():
        raise SegmentsDiffer("a message of the batch has no number or no text any more; nothing of the batch is sent")
    return elements["value"].astype(np.int64)


class Wired(NamedTuple):
    """The segments of messages, one after the other: octets of short_message, esm_class, data_coding and further
    optional parameters of each; None where none has any."""

    short_messages: list[bytes]
    esm_classes: Octets
    data_codings: Octets
    tlvs: list[bytes] | None


def wire(campaign_id: int, recipients: Recipients, settings: Wire) -> Wired:
    """Every segment as this carrier wants it. SegmentsDiffer where one would make others than it was accepted with."""
    count = int(recipients.counts.sum())
    if count == len(recipients) and not recipients.unicode.any() and _is_plain(recipients.texts, settings):
        return Wired(recipients.texts, np.zeros(count, np.uint8), np.full(count, settings.gsm, np.uint8), None)
    parts: list[OnWire] = []
    for ordinal, octets, segments, as_unicode in zip(
        recipients.ordinals.tolist(), recipients.texts, recipients.counts.tolist(), recipients.unicode.tolist(),
        strict=True,
    ):  # fmt: skip
        cut = text.segment(octets.decode())
        if len(cut) != segments or (cut.encoding is Encoding.UCS2) != as_unicode:
            accepted = (Encoding.UCS2 if as_unicode else Encoding.GSM).label
            raise SegmentsDiffer(
                f"campaign {campaign_id}, message {ordinal}: accepted as {segments} segments of {accepted}, its text "
                f"makes {len(cut)} of {cut.encoding.label}; nothing of its batch is sent. Was the software changed "
                "between acceptance and dispatch?"
            )
        parts += put(cut, settings, concatenation(campaign_id, ordinal) if segments > 1 else 0)
    tlvs = [part.tlvs for part in parts]
    return Wired(
        [part.short_message for part in parts],
        np.array([part.esm_class for part in parts], np.uint8),
        np.array([part.data_coding for part in parts], np.uint8),
        tlvs if any(tlvs) else None,
    )


def _is_plain(texts: list[bytes], settings: Wire) -> bool:
    """Whether these texts, each a single segment, go out as they are in UTF-8: in GSM 03.38, in short_message."""
    return (
        not settings.in_payload
        and settings.latin1 is None
        and not b"".join(texts).translate(None, _SAME)
        and max(map(len, texts), default=0) <= Encoding.GSM.alone
    )
