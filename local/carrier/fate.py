"""What becomes of a message, decided by its destination alone, so that every run of a seed tells the same story."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from local.carrier.chance import chance
from smpp.receipt import State


class Fate(StrEnum):
    DELIVERED = "delivered"
    HANDSET_OFF = "handset_off"  # off at first, delivered later
    UNDELIVERABLE = "undeliverable"
    EXPIRED = "expired"
    REJECTED = "rejected"  # the submission is refused with ESME_RINVDSTADR


class Step(NamedTuple):
    """A receipt that falls due. after: seconds from the acceptance. error: the err of the receipt (GSM MAP)."""

    after: float
    state: State
    error: str


ABSENT_SUBSCRIBER = "027"
UNKNOWN_SUBSCRIBER = "001"
NO_ERROR = "000"


def fate(destination: bytes, seed: int, shares: Mapping[Fate, float], rules: Sequence[tuple[str, Fate]] = ()) -> Fate:
    """The rule whose digits end the destination, else its place in the shares; what they leave over is delivered."""
    for suffix, ruled in rules:
        if destination.endswith(suffix.encode()):
            return ruled
    if not shares:
        return Fate.DELIVERED
    place = chance(seed, destination)
    for shared, share in shares.items():
        if place < share:
            return shared
        place -= share
    return Fate.DELIVERED


def course(fate: Fate, *, receipt_delay: float, handset_off: float, expiry: float) -> tuple[Step, ...]:
    """The receipts of an accepted message in order, the last one final."""
    match fate:
        case Fate.DELIVERED:
            return (Step(receipt_delay, State.DELIVERED, NO_ERROR),)
        case Fate.HANDSET_OFF:
            return (
                Step(receipt_delay, State.ENROUTE, ABSENT_SUBSCRIBER),
                Step(receipt_delay + handset_off, State.DELIVERED, NO_ERROR),
            )
        case Fate.UNDELIVERABLE:
            return (Step(receipt_delay, State.UNDELIVERABLE, UNKNOWN_SUBSCRIBER),)
        case Fate.EXPIRED:
            return (Step(receipt_delay + expiry, State.EXPIRED, ABSENT_SUBSCRIBER),)
        case Fate.REJECTED:
            return ()
