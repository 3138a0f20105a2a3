"""The PDUs of SMPP 3.4 as values: what each command carries, in the order of the wire (SMPP 3.4 section 4)."""

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from smpp import status as statuses
from smpp.fields import Counted, CString, Kind, Octet

RESPONSE = 0x80000000


class Tlv(NamedTuple):
    """An optional parameter; unknown tags are kept as they came (SMPP 3.4 3.2.4)."""

    tag: int
    value: bytes


class Tag:
    """The optional parameters that this package reads or writes (SMPP 3.4 5.3.2)."""

    RECEIPTED_MESSAGE_ID = 0x001E
    USER_MESSAGE_REFERENCE = 0x0204
    SAR_MSG_REF_NUM = 0x020C
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


def _on_wire(kind: Kind, default: Any) -> Any:
    return dataclasses.field(default=default, metadata={"kind": kind})


def _octet(default: int = 0) -> Any:
    return _on_wire(Octet(), default)


def _cstring(limit: int, wrong: int = statuses.RINVPARLEN) -> Any:
    return _on_wire(CString(limit, wrong), b"")


def _result(limit: int) -> Any:
    """The first parameter of a response: None where the body is left out, as it is with an error (SMPP 3.4 4.1.2)."""
    return _on_wire(CString(limit), None)


def _message_id() -> Any:
    return _cstring(65, statuses.RINVMSGID)


def _source() -> Any:
    return _cstring(21, statuses.RINVSRCADR)


def _destination() -> Any:
    return _cstring(21, statuses.RINVDSTADR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdu:
    """sequence: 1 to 0x7fffffff, the answer bears the request's. status: 0 in requests. tlvs: in wire order."""

    command: ClassVar[int]
    sequence: int = 0
    status: int = 0
    tlvs: tuple[Tlv, ...] = ()

    def tlv(self, tag: int) -> bytes | None:
        """The value of the first optional parameter with this tag."""
        return next((value for found, value in self.tlvs if found == tag), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind(Pdu):
    """What the three binds share. The limits of system_id and password are wider than the standard's 16 and 9 octets:
    carriers give out longer ones, and their servers take them."""

    system_id: bytes = _cstring(65, statuses.RINVSYSID)
    password: bytes = _cstring(65, statuses.RINVPASWD)
    system_type: bytes = _cstring(13, statuses.RINVSYSTYP)
    interface_version: int = _octet(0x34)
    addr_ton: int = _octet()
    addr_npi: int = _octet()
    address_range: bytes = _cstring(41)


@dataclass(frozen=True, slots=True, kw_only=True)
class BindResp(Pdu):
    system_id: bytes | None = _result(65)


@dataclass(frozen=True, slots=True, kw_only=True)
class BindReceiver(Bind):
    command = 0x00000001


@dataclass(frozen=True, slots=True, kw_only=True)
class BindReceiverResp(BindResp):
    command = 0x80000001


@dataclass(frozen=True, slots=True, kw_only=True)
class BindTransmitter(Bind):
    command = 0x00000002


@dataclass(frozen=True, slots=True, kw_only=True)
class BindTransmitterResp(BindResp):
    command = 0x80000002


@dataclass(frozen=True, slots=True, kw_only=True)
class BindTransceiver(Bind):
    command = 0x00000009


@dataclass(frozen=True, slots=True, kw_only=True)
class BindTransceiverResp(BindResp):
    command = 0x80000009


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbind(Pdu):
    command = 0x0000000B
    system_id: bytes = _cstring(65, statuses.RINVSYSID)
    password: bytes = _cstring(65, statuses.RINVPASWD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbind(Pdu):
    command = 0x00000006


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbindResp(Pdu):
    command = 0x80000006


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquireLink(Pdu):
    command = 0x00000015


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquireLinkResp(Pdu):
    command = 0x80000015


@dataclass(frozen=True, slots=True, kw_only=True)
class GenericNack(Pdu):
    command = 0x80000000


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Pdu):
    """What submit_sm and deliver_sm share."""

    service_type: bytes = _cstring(6, statuses.RINVSERTYP)
    source_addr_ton: int = _octet()
    source_addr_npi: int = _octet()
    source_addr: bytes = _source()
    dest_addr_ton: int = _octet()
    dest_addr_npi: int = _octet()
    destination_addr: bytes = _destination()
    esm_class: int = _octet()
    protocol_id: int = _octet()
    priority_flag: int = _octet()
    schedule_delivery_time: bytes = _cstring(17, statuses.RINVSCHED)
    validity_period: bytes = _cstring(17, statuses.RINVEXPIRY)
    registered_delivery: int = _octet()
    replace_if_present_flag: int = _octet()
    data_coding: int = _octet()
    sm_default_msg_id: int = _octet()
    short_message: bytes = _on_wire(Counted(), b"")

    def body(self) -> bytes:
        """The text's octets, wherever they stand: short_message, or the message_payload that replaces it."""
        return self.short_message or self.tlv(Tag.MESSAGE_PAYLOAD) or b""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitSm(Message):
    command = 0x00000004


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitSmResp(Pdu):
    command = 0x80000004
    message_id: bytes | None = _result(65)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverSm(Message):
    command = 0x00000005


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverSmResp(Pdu):
    command = 0x80000005
    message_id: bytes | None = _result(65)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSm(Pdu):
    command = 0x00000103
    service_type: bytes = _cstring(6, statuses.RINVSERTYP)
    source_addr_ton: int = _octet()
    source_addr_npi: int = _octet()
    source_addr: bytes = _cstring(65, statuses.RINVSRCADR)
    dest_addr_ton: int = _octet()
    dest_addr_npi: int = _octet()
    destination_addr: bytes = _cstring(65, statuses.RINVDSTADR)
    esm_class: int = _octet()
    registered_delivery: int = _octet()
    data_coding: int = _octet()

    def body(self) -> bytes:
        return self.tlv(Tag.MESSAGE_PAYLOAD) or b""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSmResp(Pdu):
    command = 0x80000103
    message_id: bytes | None = _result(65)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySm(Pdu):
    command = 0x00000003
    message_id: bytes = _message_id()
    source_addr_ton: int = _octet()
    source_addr_npi: int = _octet()
    source_addr: bytes = _source()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySmResp(Pdu):
    command = 0x80000003
    message_id: bytes | None = _result(65)
    final_date: bytes = _cstring(17)
    message_state: int = _octet()
    error_code: int = _octet()


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSm(Pdu):
    command = 0x00000008
    service_type: bytes = _cstring(6, statuses.RINVSERTYP)
    message_id: bytes = _message_id()
    source_addr_ton: int = _octet()
    source_addr_npi: int = _octet()
    source_addr: bytes = _source()
    dest_addr_ton: int = _octet()
    dest_addr_npi: int = _octet()
    destination_addr: bytes = _destination()


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSmResp(Pdu):
    command = 0x80000008


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceSm(Pdu):
    command = 0x00000007
    message_id: bytes = _message_id()
    source_addr_ton: int = _octet()
    source_addr_npi: int = _octet()
    source_addr: bytes = _source()
    schedule_delivery_time: bytes = _cstring(17, statuses.RINVSCHED)
    validity_period: bytes = _cstring(17, statuses.RINVEXPIRY)
    registered_delivery: int = _octet()
    sm_default_msg_id: int = _octet()
    short_message: bytes = _on_wire(Counted(), b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceSmResp(Pdu):
    command = 0x80000007


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNotification(Pdu):
    command = 0x00000102
    source_addr_ton: int = _octet()
    source_addr_npi: int = _octet()
    source_addr: bytes = _cstring(65, statuses.RINVSRCADR)
    esme_addr_ton: int = _octet()
    esme_addr_npi: int = _octet()
    esme_addr: bytes = _cstring(65)


COMMANDS: dict[int, type[Pdu]] = {
    kind.command: kind
    for kind in (
        GenericNack, BindReceiver, BindReceiverResp, BindTransmitter, BindTransmitterResp, BindTransceiver,
        BindTransceiverResp, Outbind, Unbind, UnbindResp, EnquireLink, EnquireLinkResp, SubmitSm, SubmitSmResp,
        DeliverSm, DeliverSmResp, DataSm, DataSmResp, QuerySm, QuerySmResp, CancelSm, CancelSmResp, ReplaceSm,
        ReplaceSmResp, AlertNotification,
    )
}  # fmt: skip


def response_to(command: int) -> type[Pdu] | None:
    """The response that a request is owed; None for what is answered by nothing, and for unknown commands."""
    if command & RESPONSE or command not in COMMANDS:
        return None
    return COMMANDS.get(command | RESPONSE)
