"""A byte stream cut into PDUs by their command_length (SMPP 3.4 3.2); knows nothing of what is in them.

PDUs of one command and one length come together: they are read by columns, not one by one.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from outbound.errors import OutboundError
from smpp import status
from smpp.pdu import GenericNack

MAX_LENGTH = 70_000  # a message_payload has at most 65,535 octets
_HEADER = 16
_length_and_command = struct.Struct(">II").unpack_from
_length = struct.Struct(">I").unpack_from

Octets = npt.NDArray[np.uint8]


@dataclass(slots=True)
class Read:
    """The whole PDUs that came together. offsets: (command_id, command_length) -> where each of them begins, in order."""

    data: bytes = b""
    offsets: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def frames(self, kinds: Sequence[tuple[int, int]] | None = None) -> list[bytes]:
        """The PDUs one by one in the order that they came; of these commands and lengths only, or all."""
        chosen = self.offsets if kinds is None else kinds
        spans = sorted((at, at + kind[1]) for kind in chosen for at in self.offsets[kind])
        return [self.data[start:end] for start, end in spans]

    def matrix(self, kind: tuple[int, int]) -> Octets:
        """The PDUs of one command and length: a row each, of command_length octets."""
        return rows(self.data, self.offsets[kind], kind[1])


def rows(data: bytes, offsets: list[int], length: int) -> Octets:
    """(len(offsets), length) octets: a view where they lie side by side, a copy else."""
    octets = np.frombuffer(data, np.uint8)
    count = len(offsets)
    if offsets[-1] - offsets[0] == (count - 1) * length:
        return octets[offsets[0] : offsets[0] + count * length].reshape(count, length)
    windows = np.ndarray((len(data) - length + 1, length), np.uint8, octets, strides=(1, 1))
    return windows[offsets]


class FramingLost(OutboundError):
    """A command_length that cannot be true: where the next PDU begins is unknown, the session must end.

    read: the PDUs before it. sequence: of the broken header as far as it was there, else 0.
    """

    survives = False
    command_status = status.RINVCMDLEN

    def __init__(self, message: str, *, read: Read, sequence: int) -> None:
        super().__init__(message)
        self.read = read
        self.sequence = sequence

    def answer(self) -> GenericNack:
        return GenericNack(sequence=self.sequence, status=self.command_status)


class Frames:
    """Feed what was received, take whole PDUs; the rest waits for more. limit: octets of the longest PDU taken."""

    def __init__(self, limit: int = MAX_LENGTH) -> None:
        self.limit = limit
        self._rest = bytearray()
        self._needed = 4

    def feed(self, data: bytes) -> Read:
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return Read()
            data = bytes(self._rest)
            self._rest.clear()
        read = Read(data)
        offsets, limit = read.offsets, self.limit
        at, end = 0, len(data)
        self._needed = 4
        while end - at >= 8:
            length, command = _length_and_command(data, at)
            if not _HEADER <= length <= limit:
                raise self._lost(data, at, read)
            if end - at < length:
                self._needed = length
                break
            try:
                offsets[command, length].append(at)
            except KeyError:
                offsets[command, length] = [at]
            at += length
        if end - at >= 4 and not _HEADER <= _length(data, at)[0] <= limit:
            raise self._lost(data, at, read)
        self._rest += data[at:]
        return read

    def _lost(self, data: bytes, at: int, read: Read) -> FramingLost:
        whole_header = len(data) - at >= _HEADER
        return FramingLost(
            f"a PDU of {_length(data, at)[0]} octets is announced, {_HEADER} to {self.limit} are possible",
            read=read,
            sequence=_length(data, at + 12)[0] if whole_header else 0,
        )
