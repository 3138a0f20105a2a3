"""Segments back to the text: what a handset does, for the simulator, for replies of several parts, and for tests."""

from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from smpp import text, udh
from smpp.alphabet import Shift
from smpp.udh import Concatenation


@dataclass(slots=True)
class Reassembly:
    """Add the segments of one sender and one recipient in any order; whole texts come out.

    A repeated part replaces itself. Parts are told apart by reference, total and data_coding.
    """

    _open: dict[tuple[int, int, int], dict[int, tuple[Shift, bytes]]] = field(default_factory=dict)

    def add(
        self, short_message: bytes, esm_class: int, data_coding: int, sar: Concatenation | None = None
    ) -> str | None:
        """The text that this segment completes; None where parts are still missing. sar: as `udh.sar` reads it."""
        header, octets = udh.split(short_message, esm_class)
        concatenation = header.concatenation or sar
        if concatenation is None or concatenation.total <= 1:
            return text.decode(octets, data_coding, header.shift)
        key = concatenation.reference, concatenation.total, data_coding
        parts = self._open.setdefault(key, {})
        parts[concatenation.number] = header.shift, octets
        if any(number not in parts for number in range(1, concatenation.total + 1)):
            return None
        del self._open[key]
        in_order = [parts[number] for number in range(1, concatenation.total + 1)]
        return "".join(
            text.decode(b"".join(octets for _, octets in run), data_coding, shift)
            for shift, run in groupby(in_order, key=itemgetter(0))
        )

    @property
    def incomplete(self) -> int:
        """Messages of which parts are missing."""
        return len(self._open)
