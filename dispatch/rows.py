"""The submission log's rows as COPY reads them, and intents as statements: text, for it is made by the million."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from dispatch.parts import Batch, Part

SUBMISSION_COLUMNS = (
    "account_id", "campaign_id", "ordinal", "segment", "attempt", "state", "transient", "command_status",
    "carrier_message_id", "sent_at", "answered_at", "epoch_id", "intent_serial", "connector_id", "session",
    "sequence", "reference", "network_id", "zone",
)  # fmt: skip
COPY_SUBMISSIONS = f"copy dispatch.submission ({', '.join(SUBMISSION_COLUMNS)}) from stdin"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Result(NamedTuple):
    """The end of an attempt. state: of dispatch.attempt_state; status, answered_us: of the answer, if one came."""

    part: Part
    connector_id: int
    line: int
    state: str
    transient: bool
    status: int | None
    message_id: str | None
    sent_us: int
    answered_us: int | None


class Block(NamedTuple):
    """Attempts of one batch that are to be written on one line, in order from first_place on."""

    serial: int
    batch: Batch
    connector_id: int
    line: int
    first_place: int
    parts: list[Part]


def submission(epoch: int, result: Result) -> str:
    """One line of COPY's text format."""
    part = result.part
    message = part.message
    return (
        f"{message.batch.account_id}\t{message.batch.campaign_id}\t{message.ordinal}\t{part.segment}\t{part.attempt}\t"
        f"{result.state}\t{'t' if result.transient else 'f'}\t"
        f"{_NULL if result.status is None else signed(result.status)}\t"
        f"{_NULL if result.message_id is None else escaped(result.message_id)}\t{instant(result.sent_us)}\t"
        f"{_NULL if result.answered_us is None else instant(result.answered_us)}\t"
        f"{epoch}\t{part.serial}\t{result.connector_id}\t{result.line}\t{part.place}\t{part.reference}\t"
        f"{message.network_id}\t{escaped(message.zone)}\n"
    )


def intend(epoch: int, block: Block) -> str:
    """The statement that commits a block of intents and gives the places that may be written."""
    parts = block.parts
    return (
        f"select dispatch.intend({epoch}, {block.serial}, {block.batch.batch_id}, {block.batch.fence}, "
        f"{block.connector_id}, {block.line}::smallint, {block.first_place}, "
        f"'{_array(part.message.ordinal for part in parts)}', '{_array(part.segment for part in parts)}', "
        f"'{_array(part.attempt for part in parts)}', '{_array(part.reference for part in parts)}', "
        f"'{_array(part.message.msisdn for part in parts)}');"
    )


def integers(array: str) -> list[int]:
    """What PostgreSQL writes for an array of integers: '{1,2}'."""
    inside = array[1:-1]
    return [int(number) for number in inside.split(",")] if inside else []


@lru_cache(maxsize=4096)
def instant(microseconds: int) -> str:
    """A timestamptz; many rows share one, for they were written or answered together."""
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat(" ")


def signed(status: int) -> int:
    """command_status is unsigned on the wire, integer in the log."""
    return status - (1 << 32) if status >= 1 << 31 else status


def escaped(text: str) -> str:
    if "\\" not in text and text.isprintable():
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r").replace("\0", "")


_NULL = "\\N"


def _array(numbers: object) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"  # type: ignore[call-overload]
