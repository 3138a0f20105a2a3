"""Settles what a dead worker left: each attempt that it intended gets its end, exactly once, and its batches go on.

On the boot that it died on its journal tells: answers that came are committed, what lies beyond the mark was never
written, the rest is in doubt. From another boot or machine nothing but the database is known: what has no committed end
is in doubt. So it is where the journal's lock is held and its worker has been silent for long: stopped or hung, it may
wake up, and then it can commit nothing more under its number, writes nothing, and appends the answers that it has.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psycopg

from dispatch.boot import boot_id
from dispatch.desk import Desk, reason
from dispatch.journal import Ending, Estate, Remains
from dispatch.references import user_message_references
from dispatch.rows import STATES, SUBMISSION_COLUMNS
from outbound.logs import logger
from outbound.queries import load
from smpp import message_id
from smpp.status import Answers, Verdict

log = logger("dispatch.recovery")
Q = load("dispatch/recovery")

SILENCE = 300.0  # seconds without a heartbeat after which a worker is taken for dead without proof: many leases
APART = timedelta(hours=1)  # of an intent and its write: more can only be a wrong clock


class OpenAttempt(NamedTuple):
    """An attempt that is intended and has no committed end. place: in the order of its line's writes. segments:
    how many its message has."""

    serial: int
    account_id: int
    campaign_id: int
    connector_id: int
    message_id_form: str
    answers: dict[str, str]
    line: int
    place: int
    ordinal: int
    segment: int
    attempt: int
    segments: int
    intended_at: datetime
    network_id: int
    zone: str


class Recovery:
    """Looks for dead workers' epochs. silence: seconds."""

    def __init__(self, own_epoch: int, desk: Desk, silence: float = SILENCE) -> None:
        self._own = own_epoch
        self._desk = desk
        self._silence = silence
        self._in_vain: set[int] = set()  # epochs that could not be settled, and were reported

    async def run_once(self) -> int:
        """Settles every epoch whose worker is proven dead, or silent for so long that it is taken for dead; how many.
        One that cannot be settled keeps no other one waiting."""
        settled = 0
        for epoch, boot, journal, is_silent in await self._desk.rows(
            Q.unsettled_epochs, {"own": self._own, "silence": self._silence}
        ):
            here = Path(journal) if boot == boot_id() and Path(journal).exists() else None
            if here is not None or is_silent:
                settled += await self._try(epoch, here)
        return settled

    async def _try(self, epoch: int, journal: Path | None) -> bool:
        try:
            return await self._settle(epoch, journal)
        except psycopg.OperationalError:
            raise
        except (psycopg.Error, OSError) as error:
            if epoch not in self._in_vain:
                self._in_vain.add(epoch)
                log.error("an epoch cannot be settled", epoch=epoch, reason=reason(error))  # noqa: TRY400 - says what
            return False

    async def _settle(self, epoch: int, journal: Path | None) -> bool:
        """One transaction. One worker at a time looks into a journal: if its lock is held then, its own worker holds it."""
        async with self._desk.transaction() as connection:
            if journal is not None and not await self._has_turn(connection, epoch):
                return False
            estate = None if journal is None else _estate(journal)
            with estate or nullcontext():
                remains = None if estate is None else _testimony(estate, epoch)
                states = await self._commit(connection, epoch, remains)
        if states is None:
            return False
        if estate is not None:
            estate.remove()
        log.info(
            "settled a dead worker's epoch", epoch=epoch, journal=remains is not None,
            **{state: states[state] for state in ("accepted", "rejected", "not_sent", "in_doubt")},
        )  # fmt: skip
        return True

    async def _has_turn(self, connection: psycopg.AsyncConnection, epoch: int) -> bool:
        cursor = await connection.execute(Q.try_turn.encode(), {"epoch": epoch})
        return bool((await cursor.fetchall())[0][0])

    async def _commit(
        self, connection: psycopg.AsyncConnection, epoch: int, remains: Remains | None
    ) -> Counter[str] | None:
        """How many attempts ended how; None where the epoch may not be settled, for without its journal's word it has to be
        silent. Under the epoch's lock, which also waits for a commit of the dead that is still on its way."""
        cursor = await connection.execute(
            Q.lock_epoch.encode(), {"epoch": epoch, "silence": self._silence, "proven": remains is not None}
        )
        if await cursor.fetchone() is None:
            return None
        cursor = await connection.execute(Q.open_attempts.encode(), {"epoch": epoch})
        attempts = [OpenAttempt(*row) for row in await cursor.fetchall()]
        rows = list(ends(epoch, attempts, remains))
        await _copy(connection, rows)
        for statement in (Q.settle_epoch, Q.release_batches, Q.release_rate):
            await connection.execute(statement.encode(), {"epoch": epoch})
        return Counter(str(row[5]) for row in rows)


def _estate(path: Path) -> Estate | None:
    """None where its worker still has it."""
    try:
        return Estate(path)
    except (BlockingIOError, FileNotFoundError):
        return None


def _testimony(estate: Estate, epoch: int) -> Remains | None:
    """None where it does not say that it is this epoch's: the death came before it was named, or the file is damaged."""
    remains = estate.read()
    return remains if remains.epoch == epoch and remains.boot_id == boot_id() else None


def ends(epoch: int, attempts: Sequence[OpenAttempt], remains: Remains | None) -> Iterable[tuple[object, ...]]:
    """The submission of each attempt, columns as in SUBMISSION_COLUMNS. remains: None where there is no journal."""
    for attempt, reference in zip(attempts, _references(attempts), strict=True):
        ending = None if remains is None else remains.endings.get((attempt.line, attempt.place))
        if ending is not None and ending.status is not None:
            verdict = Answers(attempt.answers).verdict(ending.status)
            accepted = verdict is Verdict.ACCEPTED
            key = message_id.answer_key(ending.message_id, attempt.message_id_form) if ending.message_id else None
            yield _row(
                epoch, attempt, reference, STATES[verdict], verdict is Verdict.RETRY,
                ending, key if accepted else None,
            )  # fmt: skip
        elif ending is not None or (remains is not None and attempt.place > remains.marks.get(attempt.line, 0)):
            yield _row(epoch, attempt, reference, "not_sent", False, None, None)
        else:
            yield _row(epoch, attempt, reference, "in_doubt", False, None, None)


def _references(attempts: Sequence[OpenAttempt]) -> Iterable[int]:
    for one in attempts:
        ordinal, count, segment, attempt = (
            np.array([number]) for number in (one.ordinal, one.segments, one.segment, one.attempt)
        )
        yield int(user_message_references(one.campaign_id, ordinal, count, segment, attempt)[0])


def _row(
    epoch: int,
    attempt: OpenAttempt,
    reference: int,
    state: str,
    transient: bool,
    ending: Ending | None,
    key: str | None,
) -> tuple[object, ...]:
    sent_at, answered_at = _instants(attempt, ending)
    return (
        attempt.account_id, attempt.campaign_id, attempt.ordinal, attempt.segment, attempt.attempt, state, transient,
        None if ending is None or ending.status is None else _signed(ending.status), key,
        sent_at, answered_at,
        epoch, attempt.serial, attempt.connector_id, attempt.line, attempt.place, reference,
        attempt.network_id, attempt.zone,
    )  # fmt: skip


def _signed(status: int) -> int:
    """command_status is unsigned on the wire, integer in the log."""
    return status - (1 << 32) if status >= 1 << 31 else status


def _instants(attempt: OpenAttempt, ending: Ending | None) -> tuple[datetime, datetime | None]:
    """When it was sent and answered. The database's clock counts where the dead one's was wrong: else the log might have no
    day for it, and the epoch could never be settled."""
    if ending is None:
        return attempt.intended_at, None
    sent_at = datetime.fromtimestamp(ending.sent_us / 1e6, UTC)
    if abs(sent_at - attempt.intended_at) > APART:
        sent_at = attempt.intended_at
    return sent_at, sent_at + timedelta(microseconds=ending.answered_us - ending.sent_us)


async def _copy(connection: psycopg.AsyncConnection, rows: list[tuple[object, ...]]) -> None:
    statement = f"copy dispatch.submission ({', '.join(SUBMISSION_COLUMNS)}) from stdin"
    async with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for row in rows:
            await copy.write_row(row)
