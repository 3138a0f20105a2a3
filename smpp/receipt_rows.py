"""Receipts by the run: deliver_sm of one form read by columns, to the same values that `receipt.parse` gives.

A carrier writes its receipts in very few forms, and one that differs from another only in its values has the same
length. So a form is learned from one receipt, by the parser of single ones: where its values stand, and which octets
are the same in all. A receipt of which any of those differs, or whose values hold anything but plain characters, is
not of that form and goes to the parser.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from smpp import codec, receipt, udh
from smpp.codec import MalformedPdu
from smpp.frames import Octets
from smpp.pdu import DataSm, DeliverSm, Tag

Numbers = npt.NDArray[np.int64]
Texts = npt.NDArray[np.bytes_]
Span = tuple[int, int]

NONE = np.iinfo(np.int64).min
MOST_FORMS = 64  # that are remembered, of one session
_FORMS_OF_A_LENGTH = 4

_PLAIN, _DIGIT, _FILLED = 1, 2, 4  # what a column may hold: letters and digits, digits, anything but NUL
_KINDS = np.full(256, _FILLED, np.uint8)  # what an octet can be
_KINDS[0] = 0
_KINDS[list(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.+")] |= _PLAIN
_KINDS[list(b"0123456789")] |= _DIGIT
_STATES = np.array([int(receipt.state_of(b"%d" % state)) for state in range(10)])  # of message_state, SMPP 5's too
_TLVS: dict[int, tuple[str, int | None]] = {  # name, octets of the value
    Tag.RECEIPTED_MESSAGE_ID: ("receipted", None),
    Tag.MESSAGE_STATE: ("state", 1),
    Tag.NETWORK_ERROR_CODE: ("network_error", 3),
    Tag.USER_MESSAGE_REFERENCE: ("reference", 2),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Receipts(NamedTuple):
    """Columns of n receipts. states: message_state. errors: the code that counts, empty where there is none. done:
    microseconds since 1970 in the carrier's own zone. references: user_message_reference. NONE where there is none.
    sources: the sender; destinations: the subscriber. pdus: (n, command_length), as they came."""

    sequences: Numbers
    message_ids: Texts
    states: Numbers
    errors: Texts
    done: Numbers
    references: Numbers
    sources: Texts
    destinations: Texts
    pdus: Octets


def single(pdu: DeliverSm | DataSm) -> Receipts | None:
    """One receipt as columns of one, by the parser; None where the PDU is none."""
    found = receipt.parse(pdu)
    if found is None:
        return None
    return Receipts(
        sequences=np.array([pdu.sequence]),
        message_ids=np.array([found.message_id], "S"),
        states=np.array([int(found.state)]),
        errors=np.array([(found.error or "").encode("ascii", "replace")], "S"),
        done=np.array([_microseconds(found.done)]),
        references=np.array([NONE if found.reference is None else found.reference]),
        sources=np.array([found.source], "S"),
        destinations=np.array([found.destination], "S"),
        pdus=np.frombuffer(codec.encode(pdu), np.uint8)[None],
    )


class Forms:
    """The forms of one session's receipts, as they are met."""

    def __init__(self) -> None:
        self._forms: dict[int, list[_Form]] = {}  # by command_length
        self._count = 0

    def read(self, pdus: Octets) -> tuple[list[Receipts], npt.NDArray[np.bool_]]:
        """The receipts among these deliver_sm of one length that are of a known form, and which ones are not: those
        are for the parser. Learns a form from the first of them."""
        length = pdus.shape[1]
        found: list[Receipts] = []
        left = np.ones(len(pdus), bool)
        for form in self._forms.get(length, ()):
            self._read(form, pdus, left, found)
            if not left.any():
                return found, left
        first = int(left.argmax())
        learned = _learn(pdus[first].tobytes())
        if learned is not None:
            self._remember(length, learned)
            self._read(learned, pdus, left, found)
        return found, left

    def _read(self, form: "_Form", pdus: Octets, left: npt.NDArray[np.bool_], found: list[Receipts]) -> None:
        rows = pdus if left.all() else pdus[left]
        fits = form.fits(rows)
        if fits.any():
            found.append(form.read(rows if fits.all() else rows[fits]))
            left[np.flatnonzero(left)[fits]] = False

    def _remember(self, length: int, form: "_Form") -> None:
        if self._count >= MOST_FORMS:
            self._forms.clear()
            self._count = 0
        forms = self._forms.setdefault(length, [])
        if len(forms) >= _FORMS_OF_A_LENGTH:
            forms.pop(0)
            self._count -= 1
        forms.insert(0, form)
        self._count += 1


@dataclass(frozen=True, slots=True)
class _Form:
    """Where the values stand. row: a receipt of this form; fixed: 255 in the columns that are the same in every one, else
    0. free: the columns of values, kinds: what each of them may hold (_PLAIN, _DIGIT, _FILLED)."""

    esm_class: int
    spans: dict[str, Span]
    row: Octets
    fixed: Octets
    free: Numbers
    kinds: Octets

    def fits(self, pdus: Octets) -> npt.NDArray[np.bool_]:
        differs = pdus ^ self.row
        differs &= self.fixed  # in place: another array of that size takes longer than the comparison
        fits: npt.NDArray[np.bool_] = np.logical_not(differs.any(axis=1))
        fits &= (_KINDS[pdus[:, self.free]] & self.kinds).all(axis=1)
        if "state" in self.spans:
            fits &= pdus[:, self.spans["state"][0]] < len(_STATES)
        return fits

    def read(self, pdus: Octets) -> Receipts:
        spans = self.spans
        count = len(pdus)
        return Receipts(
            sequences=_unsigned(pdus[:, 12:16]),
            message_ids=_text(pdus, spans.get("receipted") or spans.get("id")),
            states=self._states(pdus),
            errors=self._errors(pdus),
            done=_each(_text(pdus, spans["donedate"]), _date) if "donedate" in spans else np.full(count, NONE),
            references=_unsigned(pdus[:, slice(*spans["reference"])]) if "reference" in spans else np.full(count, NONE),
            sources=_text(pdus, spans.get("source")),
            destinations=_text(pdus, spans.get("destination")),
            pdus=pdus,
        )

    def _states(self, pdus: Octets) -> Numbers:
        if "state" in self.spans:
            return _STATES[pdus[:, self.spans["state"][0]]]
        if "stat" in self.spans:
            return _each(_text(pdus, self.spans["stat"]), lambda word: int(receipt.state_of(word, self.esm_class)))
        return np.full(len(pdus), int(receipt.state_of(b"", self.esm_class)))

    def _errors(self, pdus: Octets) -> Texts:
        if "network_error" in self.spans:
            start, end = self.spans["network_error"]
            return _unsigned(pdus[:, start + 1 : end]).astype("S5")
        return _text(pdus, self.spans.get("err"))


def _learn(frame: bytes) -> _Form | None:
    """The form of this deliver_sm; None where it is not a receipt that columns can tell."""
    try:
        pdu = codec.decode(frame)
    except MalformedPdu:
        return None
    if not isinstance(pdu, DeliverSm) or receipt.parse(pdu) is None or not _is_plain(pdu):
        return None
    spans: dict[str, Span] = {}
    source = 16 + len(pdu.service_type) + 3
    destination = source + len(pdu.source_addr) + 3
    text = destination + len(pdu.destination_addr) + 4 + len(pdu.schedule_delivery_time) + 1
    text += len(pdu.validity_period) + 1 + 5
    end = text + len(pdu.short_message)
    if pdu.source_addr:
        spans["destination"] = (source, source + len(pdu.source_addr))
    if pdu.destination_addr:
        spans["source"] = (destination, destination + len(pdu.destination_addr))
    words, quoted = receipt.spans(pdu.short_message)
    spans |= {key.decode(): (text + first, text + last) for key, (first, last) in words.items()}
    # what a receipt quotes of its message may be anything, for the parser stops before it
    free = [(12, 16), *([] if quoted is None else [(text + quoted, end)])]
    parameters = _parameters(pdu, end)
    if parameters is None:
        return None
    spans |= parameters[0]
    free += parameters[1]
    kinds = np.zeros(len(frame), np.uint8)
    kinds[_columns([spans[key] for key in ("source", "destination") if key in spans])] = _FILLED
    kinds[_columns([spans[key] for key in ("submitdate", "donedate") if key in spans])] = _DIGIT
    kinds[_columns([spans[key] for key in ("id", "sub", "dlvrd", "stat", "err", "receipted") if key in spans])] = _PLAIN
    fixed = np.where(kinds == 0, 255, 0).astype(np.uint8)
    fixed[_columns(free)] = 0
    own = np.flatnonzero(kinds)
    form = _Form(pdu.esm_class, spans, np.frombuffer(frame, np.uint8), fixed, own, kinds[own])
    row = form.row
    return form if form.fits(row[None]).all() and _same(form.read(row[None]), single(pdu)) else None


def _same(columns: Receipts, parsed: Receipts | None) -> bool:
    """Whether a form reads what the parser reads. It does not where a carrier writes in a manner that only the parser
    understands: as UTF-16, for one."""
    return parsed is not None and all(map(np.array_equal, columns, parsed))


def _is_plain(pdu: DeliverSm) -> bool:
    """Whether its text stands in short_message, octet for octet."""
    return bool(pdu.short_message) and pdu.tlv(Tag.MESSAGE_PAYLOAD) is None and not pdu.esm_class & udh.UDHI


def _parameters(pdu: DeliverSm, at: int) -> tuple[dict[str, Span], list[Span]] | None:
    """Where the values of the optional parameters stand that count, and which octets may be anything; None where one is
    not as it should be. The first of a tag counts."""
    spans: dict[str, Span] = {}
    free: list[Span] = []
    for tag, value in pdu.tlvs:
        start = at + 4
        at = start + len(value)
        name, length = _TLVS.get(tag, ("", None))
        if not name or name in spans:
            free.append((start, at))
        elif length is None:
            spans[name] = (start, start + len(value.rstrip(b"\0")))
            if spans[name][0] == spans[name][1]:
                return None
        elif len(value) == length:
            spans[name] = (start, at)
            free.append((start, at))
        else:
            return None
    return spans, free


def _columns(spans: list[Span]) -> Numbers:
    return np.array(sorted({column for span in spans for column in range(*span)}), np.int64)


def _text(pdus: Octets, span: Span | None) -> Texts:
    if span is None or span[0] == span[1]:
        return np.zeros(len(pdus), "S1")
    start, end = span
    return np.ascontiguousarray(pdus[:, start:end]).view(f"S{end - start}")[:, 0]


def _unsigned(octets: Octets) -> Numbers:
    width = octets.shape[1]
    return np.ascontiguousarray(octets).view(f">u{width}")[:, 0].astype(np.int64)


def _each(values: Texts, meaning: Callable[[bytes], int]) -> Numbers:
    """What each value means; they are few, and many share one."""
    if (values == values[0]).all():
        return np.full(len(values), meaning(bytes(values[0])))
    known, place = np.unique(values, return_inverse=True)
    return np.array([meaning(value) for value in known.tolist()], np.int64)[place]


def _date(digits: bytes) -> int:
    return _microseconds(receipt.date_of(digits))


def _microseconds(date: datetime | None) -> int:
    return NONE if date is None else int((date.replace(tzinfo=UTC) - _EPOCH).total_seconds()) * 1_000_000
