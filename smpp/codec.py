"""PDUs to octets and back: every octet is kept, so what was read and is written again is the same (SMPP 3.4 3.2)."""

import dataclasses
import struct
from typing import Any

from outbound.errors import OutboundError
from smpp import status
from smpp.fields import BadField, Kind
from smpp.pdu import COMMANDS, RESPONSE, GenericNack, Message, Pdu, Tlv, response_to

HEADER = struct.Struct(">IIII")
_TLV = struct.Struct(">HH")
_BODIES: dict[type[Pdu], tuple[tuple[str, Kind], ...]] = {
    command: tuple((field.name, field.metadata["kind"]) for field in dataclasses.fields(command) if field.metadata)
    for command in COMMANDS.values()
}
_BODY_MAY_BE_LEFT_OUT = {
    command: body[0][0] for command, body in _BODIES.items() if command.command & RESPONSE and body
}


class MalformedPdu(OutboundError):
    """A whole PDU came that cannot be read. The next one can: the session survives.

    command, sequence: of the PDU's header. command_status: what the answer says.
    """

    survives = True

    def __init__(self, message: str, *, command: int, sequence: int, command_status: int) -> None:
        super().__init__(message)
        self.command = command
        self.sequence = sequence
        self.command_status = command_status

    def answer(self) -> Pdu | None:
        """What the sender of the PDU is told; None where it was itself an answer (SMPP 3.4 4.3)."""
        response = response_to(self.command)
        if response is not None:
            return response(sequence=self.sequence, status=self.command_status)
        if self.command & RESPONSE or self.command in COMMANDS:
            return None
        return GenericNack(sequence=self.sequence, status=self.command_status)


class Unencodable(OutboundError):
    """A value that does not fit its parameter: the message names both."""


def encode(pdu: Pdu) -> bytes:
    """The PDU's octets."""
    left_out = _BODY_MAY_BE_LEFT_OUT.get(type(pdu))
    parts = []
    if left_out is None or getattr(pdu, left_out) is not None:
        for name, kind in _BODIES[type(pdu)]:
            try:
                parts.append(kind.write(getattr(pdu, name)))
            except BadField as error:
                raise Unencodable(f"{type(pdu).__name__}: {name} {error}; correct it where it is set up") from None
    for tag, value in pdu.tlvs:
        parts += _TLV.pack(tag, len(value)), value
    body = b"".join(parts)
    return HEADER.pack(16 + len(body), pdu.command, pdu.status, pdu.sequence) + body


def decode(frame: bytes) -> Pdu:
    """The PDU of exactly these octets; MalformedPdu where they are none."""
    if len(frame) < 16:
        raise MalformedPdu(
            f"a PDU of {len(frame)} octets has no whole header",
            command=0, sequence=0, command_status=status.RINVCMDLEN,
        )  # fmt: skip
    length, command, command_status, sequence = HEADER.unpack_from(frame)
    kind = COMMANDS.get(command)
    if kind is None:
        raise MalformedPdu(
            f"unknown command 0x{command:08x}", command=command, sequence=sequence, command_status=status.RINVCMDID
        )
    if length != len(frame):
        raise MalformedPdu(
            f"{kind.__name__}: command_length is {length}, {len(frame)} octets are there",
            command=command, sequence=sequence, command_status=status.RINVCMDLEN,
        )  # fmt: skip
    if issubclass(kind, Message):
        message = _well_formed_message(kind, frame, command_status, sequence)
        if message is not None:
            return message
    return _decode(kind, frame, command_status, sequence)


def _decode(kind: type[Pdu], frame: bytes, command_status: int, sequence: int) -> Pdu:
    """Parameter by parameter: says which one is wrong."""
    values: dict[str, Any] = {}
    at = 16
    name = "header"
    try:
        if len(frame) > 16 or kind not in _BODY_MAY_BE_LEFT_OUT:
            for name, parameter in _BODIES[kind]:
                values[name], at = parameter.read(frame, at)
        name = "tlvs"
        tlvs = _read_tlvs(frame, at)
    except BadField as error:
        raise MalformedPdu(
            f"{kind.__name__}: {name} {error}",
            command=kind.command, sequence=sequence, command_status=error.command_status,
        ) from None  # fmt: skip
    return kind(sequence=sequence, status=command_status, tlvs=tlvs, **values)


def _read_tlvs(frame: bytes, at: int) -> tuple[Tlv, ...]:
    tlvs = []
    end = len(frame)
    while at < end:
        if at + 4 > end:
            raise BadField(status.RINVOPTPARSTREAM, f"end with {end - at} octets that are no optional parameter")
        tag, length = _TLV.unpack_from(frame, at)
        at += 4 + length
        if at > end:
            raise BadField(status.RINVOPTPARSTREAM, f"say {length} octets for tag 0x{tag:04x}, fewer are there")
        tlvs.append(Tlv(tag, frame[at - length : at]))
    return tuple(tlvs)


def _well_formed_message(kind: type[Message], frame: bytes, command_status: int, sequence: int) -> Message | None:
    """submit_sm and deliver_sm, which come by the thousand: read at once where nothing is wrong, else None."""
    try:
        service = frame.index(0, 16, 22)
        source = frame.index(0, service + 3, service + 24)
        destination = frame.index(0, source + 3, source + 24)
        schedule = frame.index(0, destination + 4, destination + 21)
        validity = frame.index(0, schedule + 1, schedule + 18)
        start = validity + 6
        end = start + frame[start - 1]
    except (ValueError, IndexError):
        return None
    if end > len(frame) or end - start > 254:
        return None
    try:
        tlvs = _read_tlvs(frame, end) if end < len(frame) else ()
    except BadField:
        return None
    return kind(
        sequence=sequence,
        status=command_status,
        tlvs=tlvs,
        service_type=frame[16:service],
        source_addr_ton=frame[service + 1],
        source_addr_npi=frame[service + 2],
        source_addr=frame[service + 3 : source],
        dest_addr_ton=frame[source + 1],
        dest_addr_npi=frame[source + 2],
        destination_addr=frame[source + 3 : destination],
        esm_class=frame[destination + 1],
        protocol_id=frame[destination + 2],
        priority_flag=frame[destination + 3],
        schedule_delivery_time=frame[destination + 4 : schedule],
        validity_period=frame[schedule + 1 : validity],
        registered_delivery=frame[validity + 1],
        replace_if_present_flag=frame[validity + 2],
        data_coding=frame[validity + 3],
        sm_default_msg_id=frame[validity + 4],
        short_message=frame[start:end],
    )
