"""Many submit_sm at once: what a block of messages shares is written once, each message adds its own (SMPP 3.4 4.4)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
        destinations: npt.ArrayLike,
        short_messages: Sequence[bytes],
        esm_classes: npt.ArrayLike,
        data_codings: npt.ArrayLike,
        references: npt.ArrayLike | None = None,
        tlvs: Sequence[bytes] | None = None,
    ) -> bytes:
        """The PDUs of the block, one after the other; sequence numbers first_sequence, first_sequence + 1, ...

        destinations: E.164 without +. references: user_message_reference of each (16 bits); None = without it. tlvs:
        further optional parameters of each, encoded. All have one length.
        """
        if max(map(len, short_messages), default=0) > MAX_SHORT_MESSAGE:
            number = next(n for n, body in enumerate(short_messages, 1) if len(body) > MAX_SHORT_MESSAGE)
            raise ShortMessageTooLong(
                f"message {number} of the block has {len(short_messages[number - 1])} octets, "
                f"{MAX_SHORT_MESSAGE} fit: cut it into segments first"
            )
        kinds = np.asarray(esm_classes, np.int64) << 8 | np.asarray(data_codings, np.int64)
        tails = _tails(references, tlvs, len(short_messages))
        parts: list[bytes] = []
        add = parts.append
        sequence, command = first_sequence, SubmitSm.command
        templates = {kind: self._around_destination(kind >> 8, kind & 0xFF) for kind in set(kinds.tolist())}
        for kind, destination, short_message, tail in zip(
            kinds.tolist(), np.asarray(destinations, np.int64).tolist(), short_messages, tails, strict=True
        ):
            before, after, shared = templates[kind]
            digits = b"%d" % destination
            octets = len(short_message)
            add(_header(shared + len(digits) + octets + len(tail), command, 0, sequence))
            add(before)
            add(digits)
            add(after)
            add(_COUNT[octets])
            add(short_message)
            add(tail)
            sequence += 1
        return b"".join(parts)

    def _around_destination(self, esm_class: int, data_coding: int) -> tuple[bytes, bytes, int]:
        """The body before the destination's digits, and from behind them up to sm_length, checked by the codec; and
        the octets of a PDU beside what each message has of its own."""
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
        before, after = body[:split], body[split:-1]
        return before, after, 16 + len(before) + len(after) + 1


def _tails(references: npt.ArrayLike | None, tlvs: Sequence[bytes] | None, count: int) -> Sequence[bytes]:
    if references is None:
        return [b""] * count if tlvs is None else tlvs
    own = [_reference(Tag.USER_MESSAGE_REFERENCE, 2, reference) for reference in np.asarray(references).tolist()]
    return own if tlvs is None else [first + rest for first, rest in zip(own, tlvs, strict=True)]
