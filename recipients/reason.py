"""Why a row is not sent. The order of the names is the order of the checks (INTAKE)."""

from enum import StrEnum


class Reason(StrEnum):
    """The first that applies is the row's reason."""

    FIELD_COUNT = "FIELD_COUNT"
    BAD_BYTE = "BAD_BYTE"
    FIELD_TOO_LONG = "FIELD_TOO_LONG"
    NUMBER_MANGLED = "NUMBER_MANGLED"
    NUMBER_UNPARSABLE = "NUMBER_UNPARSABLE"
    NUMBER_INVALID = "NUMBER_INVALID"
    NOT_MOBILE = "NOT_MOBILE"
    NOT_COVERED = "NOT_COVERED"
    NOT_IN_BASE = "NOT_IN_BASE"
    OPTED_OUT = "OPTED_OUT"
    MISSING_VALUE = "MISSING_VALUE"
    EMPTY_TEXT = "EMPTY_TEXT"
    TOO_LONG = "TOO_LONG"
    SENDER_NOT_APPROVED = "SENDER_NOT_APPROVED"
    FREQUENCY_CAP = "FREQUENCY_CAP"
    DUPLICATE = "DUPLICATE"
    # of loads of bases and opt-outs
    BAD_DATE = "BAD_DATE"
    BAD_ACTION = "BAD_ACTION"
    # of a campaign that is sent up to the balance
    NO_BALANCE = "NO_BALANCE"


REASONS = tuple(Reason)
"""By code less one: where many rows are judged at once a reason is an int8, and 0 an accepted row."""


def code(reason: Reason) -> int:
    """1.. in the order of the names, so that of two reasons the lower code is the one that counts."""
    return REASONS.index(reason) + 1
