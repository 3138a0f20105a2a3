"""The kinds of mandatory parameters that PDUs are made of, each read from and written to octets (SMPP 3.4 3.1)."""

from dataclasses import dataclass
from typing import Any, Protocol

from smpp import status


class BadField(Exception):
    """A parameter that cannot be read or written; the codec says in which PDU."""

    def __init__(self, command_status: int, message: str) -> None:
        super().__init__(message)
        self.command_status = command_status


class Kind(Protocol):
    """Reads a value at an offset, giving the offset behind it; writes it back to the same octets."""

    def read(self, body: bytes, at: int) -> tuple[Any, int]: ...

    def write(self, value: Any) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Octet:
    """An unsigned integer of one octet."""

    def read(self, body: bytes, at: int) -> tuple[int, int]:
        if at >= len(body):
            raise BadField(status.RINVCMDLEN, "ends before it")
        return body[at], at + 1

    def write(self, value: int) -> bytes:
        if not 0 <= value <= 255:
            raise BadField(status.RINVPARLEN, f"is {value}, outside 0 to 255")
        return bytes((value,))


@dataclass(frozen=True, slots=True)
class CString:
    """Octets that end with a NUL. limit: octets at most, the NUL included; wrong: the status that says it is bad."""

    limit: int
    wrong: int = status.RINVPARLEN

    def read(self, body: bytes, at: int) -> tuple[bytes, int]:
        if at >= len(body):
            raise BadField(status.RINVCMDLEN, "ends before it")
        end = body.find(0, at, at + self.limit)
        if end < 0:
            raise BadField(self.wrong, f"is not ended by a NUL within {self.limit} octets")
        return body[at:end], end + 1

    def write(self, value: bytes) -> bytes:
        if len(value) >= self.limit or 0 in value:
            raise BadField(self.wrong, f"has {len(value)} octets (at most {self.limit - 1}, none of them NUL)")
        return value + b"\0"


@dataclass(frozen=True, slots=True)
class Counted:
    """Octets behind an octet that counts them: sm_length and short_message."""

    limit: int = 254

    def read(self, body: bytes, at: int) -> tuple[bytes, int]:
        if at >= len(body):
            raise BadField(status.RINVCMDLEN, "ends before it")
        end = at + 1 + body[at]
        if body[at] > self.limit or end > len(body):
            raise BadField(status.RINVMSGLEN, f"is said to have {body[at]} octets, {len(body) - at - 1} are there")
        return body[at + 1 : end], end

    def write(self, value: bytes) -> bytes:
        if len(value) > self.limit:
            raise BadField(status.RINVMSGLEN, f"has {len(value)} octets, at most {self.limit} fit")
        return bytes((len(value),)) + value
