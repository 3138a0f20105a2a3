"""What holds for every input: each check takes a seeded hand, and raises where it does not hold."""

import random
from collections.abc import Callable
from datetime import datetime

import numpy as np
from smpplib import smpp as reference

from smpp import codec, message_id, receipt, text, udh, wire
from smpp.codec import MalformedPdu
from smpp.frames import Frames, FramingLost
from smpp.pdu import DataSm, DeliverSm, Message, SubmitSm
from smpp.reassembly import Reassembly
from smpp.receipt import Receipt, State
from smpp.receipt_rows import Forms, single
from smpp.wire import Joined, Wire
from tests.fuzz import inputs


def octets_are_read_as_they_are_or_named_malformed(rng: random.Random) -> None:
    frame = inputs.mutated(rng)
    try:
        pdu = codec.decode(frame)
    except MalformedPdu as error:
        answer = error.answer()
        assert answer is None or codec.decode(codec.encode(answer)) == answer
        return
    assert codec.encode(pdu) == frame
    if isinstance(pdu, DeliverSm | DataSm):
        said = receipt.parse(pdu)
        if said is not None:
            can_be_stored(said)
    if isinstance(pdu, Message):
        header, octets = udh.split(pdu.body(), pdu.esm_class)
        text.decode(octets, pdu.data_coding, header.shift).encode("utf-8")
        Reassembly().add(pdu.body(), pdu.esm_class, pdu.data_coding, udh.sar(pdu))


def rubbish_is_shown_somehow(rng: random.Random) -> None:
    octets, esm_class, data_coding = (
        inputs.rubbish(rng),
        rng.choice((0, 4, 0x20, 0x40, 0x44)),
        rng.choice((0, 1, 3, 4, 8)),
    )
    said = receipt.parse(DeliverSm(esm_class=esm_class, data_coding=data_coding, short_message=octets))
    assert (said is not None) == bool(esm_class & 0x24)
    if said is not None:
        can_be_stored(said)
    header, body = udh.split(octets, esm_class)
    assert octets.endswith(body)
    text.decode(body, data_coding, header.shift).encode("utf-8")


def can_be_stored(said: Receipt) -> None:
    assert said.state in State
    assert said.error is None or (said.error.isascii() and said.error.isprintable())
    assert said.reference is None or 0 <= said.reference <= 0xFFFF
    for form in message_id.Form:
        for key in (message_id.answer_key(said.message_id, form), *message_id.receipt_keys(said.message_id, form)):
            assert "\0" not in key
            key.encode("ascii")


def a_stream_is_cut_alike_however_it_comes(rng: random.Random) -> None:
    stream = b"".join(inputs.mutated(rng) for _ in range(rng.randrange(1, 5)))
    pieces, at = [], 0
    while at < len(stream):
        size = rng.choice((1, 3, rng.randrange(1, 20), rng.randrange(1, 400)))
        pieces.append(stream[at : at + size])
        at += size
    assert cut(pieces) == cut([stream])


def cut(pieces: list[bytes]) -> tuple[list[bytes], bool]:
    """The PDUs, and whether the stream was lost."""
    frames, found = Frames(), []
    for piece in pieces:
        try:
            found += frames.feed(piece).frames()
        except FramingLost as error:
            codec.encode(error.answer())
            return found + error.read.frames(), True
    return found, False


def a_receipt_in_any_manner_says_what_is_written(rng: random.Random) -> None:
    written = inputs.receipt(rng)
    said = receipt.parse(DeliverSm(esm_class=4, data_coding=rng.choice((0, 8)), short_message=written.octets))
    assert said is not None
    assert said.message_id == written.message_id, written
    assert said.state.word == written.state, written
    assert said.error == written.error, written
    assert said.done is not None, written
    assert said.done.strftime("%y%m%d%H%M") == written.done, written
    assert isinstance(said.done, datetime)


def receipts_by_columns_say_what_the_parser_says(rng: random.Random) -> None:
    forms = Forms()
    for _ in range(2):
        frames = inputs.like(rng, rng.choice(inputs.RECEIPTS) if rng.random() < 0.5 else written_by_a_carrier(rng))
        found, left = forms.read(np.frombuffer(b"".join(frames), np.uint8).reshape(len(frames), -1))
        claimed = [row.tobytes() for run in found for row in run.pdus]
        assert sorted(claimed) == sorted(
            frame for frame, is_left in zip(frames, left.tolist(), strict=True) if not is_left
        )
        for run in found:
            for place in range(len(run.sequences)):
                alone = single(codec.decode(run.pdus[place].tobytes()))
                assert alone is not None
                for name, column in run._asdict().items():
                    one = getattr(alone, name)
                    assert column[place].tolist() == one[0].tolist(), (name, column[place], one[0])


def written_by_a_carrier(rng: random.Random) -> bytes:
    return codec.encode(DeliverSm(esm_class=rng.choice((4, 0x20)), short_message=inputs.receipt(rng).octets[:254],
                                  source_addr=b"20100", tlvs=tuple(rng.sample(inputs.TLVS, rng.randrange(3)))))  # fmt: skip


def a_text_comes_back_from_any_wire(rng: random.Random) -> None:
    whole = inputs.text(rng)
    settings = Wire(joined=rng.choice(list(Joined)), in_payload=rng.random() < 0.3, latin1=rng.choice((None, 3)))
    cut_text = text.segment(whole)
    assert text.count_segments(whole) == len(cut_text)
    parts = [
        codec.decode(with_parameters(SubmitSm(esm_class=part.esm_class, data_coding=part.data_coding,
                                              short_message=part.short_message), part.tlvs))
        for part in wire.put(cut_text, settings, rng.randrange(1 << 16))
    ]  # fmt: skip
    assert len(parts) == len(cut_text)
    rng.shuffle(parts)
    phone = Reassembly()
    shown = [
        phone.add(pdu.body(), pdu.esm_class, pdu.data_coding, udh.sar(pdu)) for pdu in parts if isinstance(pdu, Message)
    ]
    assert shown == [None] * (len(parts) - 1) + [whole]


def with_parameters(pdu: SubmitSm, tlvs: bytes) -> bytes:
    octets = codec.encode(pdu) + tlvs
    return len(octets).to_bytes(4) + octets[4:]


def the_reference_codec_writes_and_reads_the_same(rng: random.Random) -> None:
    kind = rng.choice((SubmitSm, DeliverSm))
    values = {
        "source_addr_ton": rng.randrange(256), "source_addr": address(rng), "dest_addr_npi": rng.randrange(256),
        "destination_addr": address(rng), "esm_class": rng.randrange(256), "protocol_id": rng.randrange(256),
        "registered_delivery": rng.randrange(256), "data_coding": rng.randrange(256), "priority_flag": rng.randrange(256),
        "short_message": rng.randbytes(rng.randrange(1, 255)),
    }  # fmt: skip
    ours = codec.encode(kind(sequence=rng.randrange(1 << 31), **values))
    theirs = reference.make_pdu(
        "submit_sm" if kind is SubmitSm else "deliver_sm", sequence=0,
        **{name: value.decode() if name.endswith("addr") else value for name, value in values.items()},
    )  # fmt: skip
    theirs.sequence = int.from_bytes(ours[12:16])
    assert theirs.generate() == ours
    read = reference.parse_pdu(ours, sequence=0)
    assert {name: getattr(read, name) for name in values} == values


def address(rng: random.Random) -> bytes:
    return bytes(rng.choices(b"0123456789ABCxyz", k=rng.randrange(1, 21)))


Check = Callable[[random.Random], None]
EVERY: tuple[tuple[int, Check], ...] = (
    (43, octets_are_read_as_they_are_or_named_malformed),
    (2, receipts_by_columns_say_what_the_parser_says),
    (15, a_stream_is_cut_alike_however_it_comes),
    (10, rubbish_is_shown_somehow),
    (10, a_receipt_in_any_manner_says_what_is_written),
    (15, a_text_comes_back_from_any_wire),
    (5, the_reference_codec_writes_and_reads_the_same),
)  # of 100 inputs, so many each
