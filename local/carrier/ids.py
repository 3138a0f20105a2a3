"""A message id as carriers write it: the same number in the forms that differ between answers and receipts."""

from enum import StrEnum
from uuid import UUID, uuid5

_NAMESPACE = UUID("5f0e8f0c-6d2b-4c57-9a1e-2f6f8f1f0a34")


class IdForm(StrEnum):
    DECIMAL = "decimal"  # ten digits, with leading zeros
    PLAIN = "plain"  # decimal, no leading zeros
    HEX = "hex"
    UUID = "uuid"


def written(number: int, form: IdForm) -> bytes:
    """The id of the carrier's number-th accepted segment."""
    match form:
        case IdForm.DECIMAL:
            return b"%010d" % number
        case IdForm.PLAIN:
            return b"%d" % number
        case IdForm.HEX:
            return b"%08X" % number
        case IdForm.UUID:
            return str(uuid5(_NAMESPACE, str(number))).encode()
