"""The submission log's rows as COPY reads them, and intents as statements."""

from collections.abc import Iterable

import numpy as np

from dispatch import copying
from dispatch.copying import instant, instants, int2, int4, int8
from dispatch.parts import Block, Ends
from smpp.status import Verdict

SUBMISSION_COLUMNS = (
    "account_id", "campaign_id", "ordinal", "segment", "attempt", "state", "transient", "command_status",
    "carrier_message_id", "sent_at", "answered_at", "epoch_id", "intent_serial", "connector_id", "session",
    "sequence", "reference", "network_id", "zone",
)  # fmt: skip
# what an answer makes of its attempt
STATES = {
    Verdict.ACCEPTED: "accepted",
    Verdict.RETRY: "rejected",
    Verdict.FINAL: "rejected",
    Verdict.IN_DOUBT: "in_doubt",
}
COPY_SUBMISSIONS = f"copy dispatch.submission ({', '.join(SUBMISSION_COLUMNS)}) from stdin (format binary)"


def submissions(epoch: int, ends: Ends) -> Iterable[bytes]:
    """Rows for COPY_SUBMISSIONS, in parts."""
    if ends.message_ids is None:
        yield _rows(epoch, ends, None)
        return
    # an answer may lack the id
    lacks = ends.message_ids == b""
    if not lacks.any():
        yield _rows(epoch, ends, ends.message_ids)
        return
    for which in (lacks, ~lacks):
        if which.any():
            some = _only(ends, which)
            yield _rows(epoch, some, None if which is lacks else some.message_ids)


def _only(ends: Ends, which: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Ends:
    return Ends(
        ends.block, ends.which[which], ends.state, ends.transient,
        None if ends.statuses is None else ends.statuses[which],
        None if ends.message_ids is None else ends.message_ids[which],
        None if ends.sent_us is None else ends.sent_us[which], ends.answered_us,
    )  # fmt: skip


def _rows(epoch: int, ends: Ends, message_ids: copying.Column) -> bytes:
    block, load, at = ends.block, ends.block.load, ends.at
    sent_us = ends.sent_us if ends.sent_us is not None else block.sent_us[ends.which]
    return copying.rows(
        len(ends),
        (
            int8(block.batch.account_id),
            int8(block.batch.campaign_id),
            load.ordinals[at].astype(">i4"),
            load.segments[at].astype(">i2"),
            load.attempts[at].astype(">i2"),
            ends.state.encode(),
            b"\1" if ends.transient else b"\0",
            None if ends.statuses is None else ends.statuses.astype(np.uint32).astype(">u4").view(">i4"),
            message_ids,
            instants(sent_us),
            None if ends.answered_us is None else instant(ends.answered_us),
            int8(epoch),
            int8(block.serial),
            int4(block.connector_id),
            int2(block.line),
            (block.first_place + ends.which).astype(">i8"),
            load.references[at].astype(">i4"),
            load.networks[at].astype(">i4"),
            load.zones[at],
        ),
    )


def intend(epoch: int, block: Block) -> str:
    """The statement that commits a block of intents and gives the places that may be written."""
    load, at = block.load, block.at
    return (
        f"select dispatch.intend({epoch}, {block.serial}, {block.batch.batch_id}, {block.batch.fence}, "
        f"{block.connector_id}, {block.line}::smallint, {block.first_place}, "
        f"'{_array(load.ordinals[at])}', '{_array(load.segments[at])}', '{_array(load.attempts[at])}', "
        f"'{_array(load.msisdns[at])}');"
    )


def integers(array: str) -> list[int]:
    """What PostgreSQL writes for an array of integers: '{1,2}'."""
    inside = array[1:-1]
    return [int(number) for number in inside.split(",")] if inside else []


def _array(numbers: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> str:
    if numbers[0] == numbers[-1] and (numbers == numbers[0]).all():  # segments and attempts are mostly 1
        written = f"{numbers[0]}," * len(numbers)
        return "{" + written[:-1] + "}"
    return "{" + repr(numbers.tolist())[1:-1] + "}"
