"""A byte stream cut into PDUs by their command_length (SMPP 3.4 3.2); knows nothing of what is in them."""

import struct

from outbound.errors import OutboundError
from smpp import status
from smpp.pdu import GenericNack

MAX_LENGTH = 70_000  # a message_payload has at most 65,535 octets
_HEADER = 16
_length = struct.Struct(">I").unpack_from


class FramingLost(OutboundError):
    """A command_length that cannot be true: where the next PDU begins is unknown, the session must end.

    frames: the PDUs before it. sequence: of the broken header as far as it was there, else 0.
    """

    survives = False
    command_status = status.RINVCMDLEN

    def __init__(self, message: str, *, frames: list[bytes], sequence: int) -> None:
        super().__init__(message)
        self.frames = frames
        self.sequence = sequence

    def answer(self) -> GenericNack:
        return GenericNack(sequence=self.sequence, status=self.command_status)


class Frames:
    """Feed what was received, take whole PDUs; the rest waits for more. limit: octets of the longest PDU taken."""

    def __init__(self, limit: int = MAX_LENGTH) -> None:
        self.limit = limit
        self._rest = bytearray()
        self._needed = 4

    def feed(self, data: bytes) -> list[bytes]:
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return []
            data = bytes(self._rest)
            self._rest.clear()
        frames: list[bytes] = []
        at, end = 0, len(data)
        self._needed = 4
        while end - at >= 4:
            (length,) = _length(data, at)
            if not _HEADER <= length <= self.limit:
                raise self._lost(data, at, length, frames)
            if end - at < length:
                self._needed = length
                break
            frames.append(data[at : at + length])
            at += length
        self._rest += data[at:]
        return frames

    def _lost(self, data: bytes, at: int, length: int, frames: list[bytes]) -> FramingLost:
        whole_header = len(data) - at >= _HEADER
        return FramingLost(
            f"a PDU of {length} octets is announced, {_HEADER} to {self.limit} are possible",
            frames=frames,
            sequence=_length(data, at + 12)[0] if whole_header else 0,
        )
