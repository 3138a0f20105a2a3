"""Answers by the run: submit_sm_resp and deliver_sm_resp read and written without a value for each."""

import struct
from collections.abc import Iterable
from typing import NamedTuple

from smpp.pdu import DataSmResp, DeliverSmResp, SubmitSmResp

_status_and_sequence = struct.Struct(">II").unpack_from
_header = struct.Struct(">IIII").pack


class Answer(NamedTuple):
    """What the peer says to one request. message_id: empty where the answer carries none."""

    sequence: int
    status: int
    message_id: bytes


def read(frame: bytes) -> Answer:
    """The answer in a submit_sm_resp or deliver_sm_resp.

    Lenient: an answer is proof, so an id without its NUL, or longer than the standard allows, is taken as it is.
    """
    status, sequence = _status_and_sequence(frame, 8)
    end = frame.find(0, 16)
    return Answer(sequence, status, frame[16:] if end < 0 else frame[16:end])


def submit_answers(answers: Iterable[tuple[int, int, bytes]]) -> bytes:
    """submit_sm_resp for each (sequence, status, message_id); the id is left out where the status is an error."""
    return b"".join(
        [
            _header(16, SubmitSmResp.command, status, sequence)
            if status
            else _header(17 + len(message_id), SubmitSmResp.command, 0, sequence) + message_id + b"\0"
            for sequence, status, message_id in answers
        ]
    )


def deliver_answers(sequences: Iterable[int], status: int = 0) -> bytes:
    """deliver_sm_resp for each sequence; its message_id is unused and empty (SMPP 3.4 4.6.2)."""
    return b"".join([_header(17, DeliverSmResp.command, status, sequence) + b"\0" for sequence in sequences])


def data_answers(sequences: Iterable[int], status: int = 0) -> bytes:
    """data_sm_resp for each sequence."""
    return b"".join([_header(17, DataSmResp.command, status, sequence) + b"\0" for sequence in sequences])
