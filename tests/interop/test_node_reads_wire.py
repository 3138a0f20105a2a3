"""Every way of putting a text on the wire, read by an SMPP library of other hands."""

import itertools
import socket

from smpp import codec, wire
from smpp.pdu import BindTransmitter, Pdu, SubmitSm, SubmitSmResp, Unbind
from smpp.text import segment
from smpp.wire import Joined, OnWire, Wire
from tests.interop import node

TEXTS = (
    "5 € for {you} \\ [me]",
    "été à Zürich ¿sí?",
    "a" * 152 + "€" + "a" * 152,
    "ü" * 306,
    "b" * 200,
    "ع" * 66 + "😀" * 40,
)
WIRES = [
    Wire(joined=joined, in_payload=in_payload, latin1=latin1, gsm=gsm, ucs2=ucs2)
    for joined, in_payload in itertools.product(Joined, (False, True))
    for latin1, gsm, ucs2 in ((None, 0, 8), (3, 0xF1, 0x18))
]


class Esme:
    """One request, one answer."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=90)
        self.sequence = 0

    def ask(self, command: type[Pdu], tlvs: bytes = b"", **fields: object) -> Pdu:
        self.sequence += 1
        frame = codec.encode(command(sequence=self.sequence, **fields))
        self.socket.sendall((len(frame) + len(tlvs)).to_bytes(4) + frame[4:] + tlvs)
        length = self._octets(4)
        answer = codec.decode(length + self._octets(int.from_bytes(length) - 4))
        assert (answer.sequence, answer.status) == (self.sequence, 0)
        return answer

    def _octets(self, count: int) -> bytes:
        octets = b""
        while len(octets) < count:
            more = self.socket.recv(count - len(octets))
            assert more, "the connection ended"
            octets += more
        return octets


def test_node_smpp_reads_every_text_however_it_is_put(tmp_path, certificate):
    with node.smsc(tmp_path, *certificate) as smsc:
        esme = Esme(smsc.plain)
        esme.ask(BindTransmitter, system_id=b"outbound", password=b"secret")
        due = {}
        for number, (settings, whole) in enumerate(itertools.product(WIRES, TEXTS)):
            destination = b"2010%08d" % number
            due[destination.decode()] = [whole]
            for part in wire.put(segment(whole), settings, 0x1200 + number):
                assert isinstance(submit(esme, destination, part), SubmitSmResp)
        esme.ask(Unbind)
        esme.socket.close()

        assert smsc.texts() == due
        assert smsc.events("error") == []
        assert {one["data_coding"] for one in smsc.events("submit_sm")} == {0, 3, 8, 0xF1, 0x18}


def submit(esme: Esme, destination: bytes, part: OnWire) -> Pdu:
    return esme.ask(
        SubmitSm, part.tlvs, source_addr_ton=5, source_addr=b"NILE", dest_addr_ton=1, dest_addr_npi=1,
        destination_addr=destination, esm_class=part.esm_class, data_coding=part.data_coding,
        short_message=part.short_message,
    )  # fmt: skip
