"""Many submit_sm at once: what a block of messages shares is written once, each message adds its own (SMPP 3.4 4.4)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from outbound.errors import OutboundError
from smpp.address import Address, Npi, Ton
from smpp.codec import encode
from smpp.pdu import SubmitSm, Tag

MAX_SHORT_MESSAGE = 254
_header = struct.Struct(">IIII").pack
_reference = struct.Struct(">HHH").pack
_COUNT = [bytes((length,)) for length in range(MAX_SHORT_MESSAGE + 1)]


class ShortMessageTooLong(OutboundError):
    """More octets than short_message holds: cut the text into segments first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What the submit_sm of one block share.

    validity_period, schedule_delivery_time: as SMPP 3.4 7.1.1 writes them, empty = the carrier's default.
    registered_delivery: 1 asks for a final receipt, 17 for intermediate ones too.
    """

    source: Address
    service_type: bytes = b""
    dest_addr_ton: int = Ton.INTERNATIONAL
    dest_addr_npi: int = Npi.ISDN
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: bytes = b""
    validity_period: bytes = b""
    registered_delivery: int = 1

    def encode(
        self,
        first_sequence: int,
        destinations: Sequence[int],
        short_messages: Sequence[bytes],
        esm_classes: Sequence[int],
        data_codings: Sequence[int],
        references: Sequence[int] | None = None,
    ) -> bytes:
        """The PDUs of the block, one after the other; sequence numbers first_sequence, first_sequence + 1, ...

        destinations: E.164 without +. references: user_message_reference of each (16 bits); None = without it.
        All sequences have one length.
        """
        templates = {kind: self._around_destination(*kind) for kind in set(zip(esm_classes, data_codings, strict=True))}
        overhead = 16 + 1 + (0 if references is None else 6)
        parts: list[bytes] = []
        add = parts.append
        sequence = first_sequence
        for destination, short_message, esm_class, data_coding, tail in zip(
            destinations, short_messages, esm_classes, data_codings, _tails(references, len(destinations)),
            strict=True,
        ):  # fmt: skip
            digits = b"%d" % destination
            before, after = templates[esm_class, data_coding]
            octets = len(short_message)
            if octets > MAX_SHORT_MESSAGE:
                raise ShortMessageTooLong(
                    f"message {sequence - first_sequence + 1} of the block has {octets} octets, "
                    f"{MAX_SHORT_MESSAGE} fit: cut it into segments first"
                )
            add(_header(overhead + len(before) + len(digits) + len(after) + octets, SubmitSm.command, 0, sequence))
            add(before)
            add(digits)
            add(after)
            add(_COUNT[octets])
            add(short_message)
            add(tail)
            sequence += 1
        return b"".join(parts)

    def _around_destination(self, esm_class: int, data_coding: int) -> tuple[bytes, bytes]:
        """The body before the destination's digits, and from behind them up to sm_length; checked by the codec."""
        template = SubmitSm(
            service_type=self.service_type,
            source_addr_ton=self.source.ton,
            source_addr_npi=self.source.npi,
            source_addr=self.source.digits,
            dest_addr_ton=self.dest_addr_ton,
            dest_addr_npi=self.dest_addr_npi,
            esm_class=esm_class,
            protocol_id=self.protocol_id,
            priority_flag=self.priority_flag,
            schedule_delivery_time=self.schedule_delivery_time,
            validity_period=self.validity_period,
            registered_delivery=self.registered_delivery,
            data_coding=data_coding,
        )
        body = encode(template)[16:]
        split = len(self.service_type) + 1 + 2 + len(self.source.digits) + 1 + 2
        return body[:split], body[split:-1]


def _tails(references: Sequence[int] | None, count: int) -> Sequence[bytes]:
    if references is None:
        return [b""] * count
    return [_reference(Tag.USER_MESSAGE_REFERENCE, 2, reference) for reference in references]
