"""The carrier's message id as answers and receipts write it, brought to one form so that they find each other.

Some carriers answer submit_sm with a hexadecimal id and write the same number in decimal in the receipt, or
the other way round, or with leading zeros, or in the other case. The connector's `message_id_form` says how
receipts write the id: as_is (as the answer), decimal (the answer is hexadecimal), hex (the answer is
decimal), auto (any of these). An answer has one key, to be stored; a receipt has one or more, best first.
"""

from enum import StrEnum

import numpy as np
import numpy.typing as npt

_DECIMAL = frozenset("0123456789")
_HEX = frozenset("0123456789abcdefABCDEF")
_IN_FORM = b"-0123456789abcdefghijklmnopqrstuvwxyz\0"  # no upper case, no space: nothing to change
_NUMBER = b"-0123456789abcdefABCDEF\0"
_ZERO, _HYPHEN = ord("0"), ord("-")
_HEX_AND_HYPHEN = _HEX | {"-"}
_LONGEST = 64  # octets of a message_id (SMPP 3.4 5.2.23): what is longer is no number


class Form(StrEnum):
    AS_IS = "as_is"
    DECIMAL = "decimal"
    HEX = "hex"
    AUTO = "auto"


def answer_key(message_id: bytes, form: Form | str) -> str:
    """The key under which the id of a submit_sm_resp is stored."""
    text = _text(message_id)
    return text if form == Form.AS_IS else _canonical(text)


def answer_keys(message_ids: npt.NDArray[np.bytes_], form: Form | str) -> npt.NDArray[np.bytes_]:
    """`answer_key` of each, ASCII. As a rule they are in their form already, and that is seen at once."""
    octets = message_ids.view(np.uint8).reshape(len(message_ids), -1)
    written = message_ids.tobytes()
    in_form = not written.translate(None, _IN_FORM)
    padded = b"\0" not in written or not ((octets[:, :-1] == 0) & (octets[:, 1:] != 0)).any()  # NULs stand at ends only
    if in_form and padded and (form == Form.AS_IS or not (octets[:, 0] == _ZERO).any()):
        return message_ids
    if form != Form.AS_IS and padded and not written.translate(None, _NUMBER) and octets[:, 0].all():
        lower = message_ids if in_form else np.strings.lower(message_ids)
        keys = np.strings.lstrip(lower, b"0")
        keys[keys == b""] = b"0"
        return np.where((octets == _HYPHEN).any(axis=1), lower, keys)
    return np.array([answer_key(one, form).encode() for one in message_ids.tolist()], "S")


def receipt_keys(message_id: bytes, form: Form | str) -> tuple[str, ...]:
    """The keys that the id of a receipt may stand for, the likeliest first; empty where there is no id.

    An id that cannot be what the form says (a UUID under `decimal`) is taken as it is.
    """
    text = _text(message_id)
    if not text:
        return ()
    if form == Form.AS_IS:
        return (text,)
    as_written = _canonical(text)
    number = len(text) <= _LONGEST
    in_hex = f"{int(text):x}" if number and set(text) <= _DECIMAL else None
    in_decimal = str(int(text, 16)) if number and set(text) <= _HEX else None
    if form == Form.DECIMAL:
        return (in_hex or as_written,)
    if form == Form.HEX:
        return (in_decimal or as_written,)
    return tuple(dict.fromkeys(key for key in (as_written, in_hex, in_decimal) if key is not None))


def first_receipt_keys(message_ids: npt.NDArray[np.bytes_], form: Form | str) -> npt.NDArray[np.bytes_]:
    """The likeliest key of each; empty where there is no id."""
    if form in (Form.AS_IS, Form.AUTO):
        return answer_keys(message_ids, form)
    return np.array([(receipt_keys(one, form) or ("",))[0].encode() for one in message_ids.tolist()], "S")


def _text(message_id: bytes) -> str:
    return message_id.strip(b" \0").decode("ascii", "backslashreplace").replace("\0", r"\x00")


def _canonical(text: str) -> str:
    """A number, decimal or hexadecimal, without leading zeros and in lower case; numbers with hyphens between, as in a
    UUID, in lower case; anything else untouched."""
    if text and set(text) <= _HEX:
        return text.lower().lstrip("0") or "0"
    return text.lower() if set(text) <= _HEX_AND_HYPHEN else text
