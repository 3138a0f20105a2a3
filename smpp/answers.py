"""Answers by the run: submit_sm_resp and deliver_sm_resp read and written without a value for each."""

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from smpp.frames import Octets
from smpp.pdu import DataSmResp, DeliverSmResp, SubmitSmResp

_status_and_sequence = struct.Struct(">II").unpack_from
_header = struct.Struct(">IIII").pack
_NO_IDS = 16  # command_length of an answer without a body


class Answer(NamedTuple):
    """What the peer says to one request. message_id: empty where the answer carries none."""

    sequence: int
    status: int
    message_id: bytes


class Answers(NamedTuple):
    """The same by columns, all of one length: sequences, statuses (n,) int64, message_ids (n,) bytes (dtype S)."""

    sequences: npt.NDArray[np.int64]
    statuses: npt.NDArray[np.int64]
    message_ids: npt.NDArray[np.bytes_]

    def each(self) -> list[Answer]:
        return list(map(Answer, self.sequences.tolist(), self.statuses.tolist(), self.message_ids.tolist()))

    def only(self, which: "npt.NDArray[np.bool_] | slice") -> "Answers":
        return Answers(self.sequences[which], self.statuses[which], self.message_ids[which])


def read(frame: bytes) -> Answer:
    """The answer in a submit_sm_resp or deliver_sm_resp.

    Lenient: an answer is proof, so an id without its NUL, or longer than the standard allows, is taken as it is.
    """
    status, sequence = _status_and_sequence(frame, 8)
    end = frame.find(0, 16)
    return Answer(sequence, status, frame[16:] if end < 0 else frame[16:end])


def read_rows(pdus: Octets) -> Answers:
    """The same for (n, command_length) octets."""
    header = np.ascontiguousarray(pdus[:, 8:16]).view(">u4").astype(np.int64)
    count, length = pdus.shape
    if length == _NO_IDS:
        ids = np.zeros(count, "S1")
    else:
        body = np.ascontiguousarray(pdus[:, 16:])
        if not body[:, :-1].all():  # a NUL inside: what follows it is no part of the id
            body = body * np.logical_and.accumulate(body != 0, axis=1)
        ids = body.view(f"S{length - 16}")[:, 0]
    return Answers(header[:, 1], header[:, 0], ids)


def of(run: Sequence[Answer]) -> Answers:
    """Answers one by one, as columns."""
    return Answers(
        np.array([answer.sequence for answer in run], np.int64),
        np.array([answer.status for answer in run], np.int64),
        np.array([answer.message_id for answer in run], "S"),
    )


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


_DELIVER_SM_RESP = np.frombuffer(_header(17, DeliverSmResp.command, 0, 0) + b"\0", np.uint8)


def deliver_answers(sequences: "Sequence[int] | npt.NDArray[np.int64]", status: int = 0) -> bytes:
    """deliver_sm_resp for each sequence; its message_id is unused and empty (SMPP 3.4 4.6.2)."""
    octets = np.tile(_DELIVER_SM_RESP, (len(sequences), 1))
    header = np.empty((len(sequences), 2), ">u4")
    header[:, 0] = status
    header[:, 1] = sequences
    octets[:, 8:16] = header.view(np.uint8)
    return octets.tobytes()


def data_answers(sequences: Iterable[int], status: int = 0) -> bytes:
    """data_sm_resp for each sequence."""
    return b"".join([_header(17, DataSmResp.command, status, sequence) + b"\0" for sequence in sequences])
