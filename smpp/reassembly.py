"""Segments back to the text: what a handset does, for the simulator, for replies of several parts, and for tests."""

from dataclasses import dataclass, field

from smpp import text, udh


@dataclass(slots=True)
class Reassembly:
    """Add the segments of one sender and one recipient in any order; whole texts come out.

    A repeated part replaces itself. Parts are told apart by reference, total and data_coding.
    """

    _open: dict[tuple[int, int, int], dict[int, bytes]] = field(default_factory=dict)

    def add(self, short_message: bytes, esm_class: int, data_coding: int) -> str | None:
        """The text that this segment completes; None where parts are still missing."""
        concatenation, octets = udh.split(short_message, esm_class)
        if concatenation is None or concatenation.total <= 1:
            return text.decode(octets, data_coding)
        key = concatenation.reference, concatenation.total, data_coding
        parts = self._open.setdefault(key, {})
        parts[concatenation.number] = octets
        if any(number not in parts for number in range(1, concatenation.total + 1)):
            return None
        del self._open[key]
        return text.decode(b"".join(parts[number] for number in range(1, concatenation.total + 1)), data_coding)

    @property
    def incomplete(self) -> int:
        """Messages of which parts are missing."""
        return len(self._open)
