"""PDUs with lengths that are not true, and octets that are no PDU at all."""

from enum import StrEnum

from smpp import codec
from smpp.pdu import DeliverSm


class Garbage(StrEnum):
    OCTETS = "octets"  # no PDU
    SHORT = "short"  # command_length smaller than the PDU: a cut-off id, then a rest that is no PDU
    LONG = "long"  # command_length larger than the PDU: it swallows what comes next
    SM_LENGTH = "sm_length"  # a receipt says more octets of text than there are

    @property
    def of_answers(self) -> bool:
        """Whether it strikes the answers; else the receipts."""
        return self is not Garbage.SM_LENGTH


def spoilt(answer: bytes, garbage: Garbage) -> bytes:
    """What the client gets in the place of this submit_sm_resp."""
    match garbage:
        case Garbage.SHORT:
            return max(16, len(answer) - 5).to_bytes(4) + answer[4:]
        case Garbage.LONG:
            return (len(answer) + 24).to_bytes(4) + answer[4:]
        case _:
            return answer + b"\xff" * 64


def lying(pdu: DeliverSm) -> bytes:
    """This deliver_sm with an sm_length that reaches beyond its end."""
    octets = codec.encode(pdu)
    at = len(octets) - sum(4 + len(tlv.value) for tlv in pdu.tlvs) - len(pdu.short_message) - 1
    return octets[:at] + bytes((254,)) + octets[at + 1 :]
