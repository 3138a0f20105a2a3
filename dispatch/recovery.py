"""Settles what a dead worker left: each attempt that it intended gets its end, exactly once, and its batches go on.

On the boot that it died on its journal tells: answers that came are committed, what lies beyond the mark was never
written, the rest is in doubt. From another boot or machine nothing but the database is known: what has no committed end
is in doubt. A worker whose lock is held lives, however silent it is.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psycopg

from dispatch.boot import boot_id
from dispatch.desk import Desk
from dispatch.journal import Ending, Estate, Remains
from dispatch.references import user_message_references
from dispatch.rows import STATES, SUBMISSION_COLUMNS
from outbound.logs import logger
from outbound.queries import load
from smpp import message_id
from smpp.status import Answers, Verdict

log = logger("dispatch.recovery")
Q = load("dispatch/recovery")

SILENCE = 300.0  # seconds without a heartbeat after which a worker elsewhere is dead: many leases


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

    async def run_once(self) -> int:
        """Settles every epoch whose worker is proven dead; how many."""
        settled = 0
        for epoch, boot, journal, is_silent in await self._desk.rows(
            Q.unsettled_epochs, {"own": self._own, "silence": self._silence}
        ):
            if boot == boot_id() and Path(journal).exists():
                settled += await self._settle_by_journal(epoch, Path(journal))
            elif is_silent:
                settled += await self._settle(epoch, None)
        return settled

    async def _settle_by_journal(self, epoch: int, path: Path) -> bool:
        try:
            estate = Estate(path)
        except (BlockingIOError, FileNotFoundError):
            return False
        with estate:
            remains = estate.read()
            if remains.epoch != epoch or remains.boot_id != boot_id():
                return False
            done = await self._settle(epoch, remains)
            if done:
                estate.remove()
            return done

    async def _settle(self, epoch: int, remains: Remains | None) -> bool:
        """One transaction under the epoch's lock: it also waits for a commit of the dead that is still on its way."""
        async with self._desk.transaction() as connection:
            cursor = await connection.execute(
                Q.lock_epoch.encode(), {"epoch": epoch, "silence": self._silence, "proven": remains is not None}
            )
            if await cursor.fetchone() is None:
                return False
            cursor = await connection.execute(Q.open_attempts.encode(), {"epoch": epoch})
            attempts = [OpenAttempt(*row) for row in await cursor.fetchall()]
            rows = list(ends(epoch, attempts, remains))
            await _copy(connection, rows)
            await connection.execute(Q.settle_epoch.encode(), {"epoch": epoch})
            await connection.execute(Q.release_batches.encode(), {"epoch": epoch})
            await connection.execute(Q.release_rate.encode(), {"epoch": epoch})
        states = [row[5] for row in rows]
        log.info(
            "settled a dead worker's epoch", epoch=epoch, journal=remains is not None,
            **{state: states.count(state) for state in ("accepted", "rejected", "not_sent", "in_doubt")},
        )  # fmt: skip
        return True


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
    return (
        attempt.account_id, attempt.campaign_id, attempt.ordinal, attempt.segment, attempt.attempt, state, transient,
        None if ending is None or ending.status is None else _signed(ending.status), key,
        attempt.intended_at if ending is None else _instant(ending.sent_us),
        None if ending is None else _instant(ending.answered_us),
        epoch, attempt.serial, attempt.connector_id, attempt.line, attempt.place, reference,
        attempt.network_id, attempt.zone,
    )  # fmt: skip


def _signed(status: int) -> int:
    """command_status is unsigned on the wire, integer in the log."""
    return status - (1 << 32) if status >= 1 << 31 else status


def _instant(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1e6, UTC)


async def _copy(connection: psycopg.AsyncConnection, rows: list[tuple[object, ...]]) -> None:
    statement = f"copy dispatch.submission ({', '.join(SUBMISSION_COLUMNS)}) from stdin"
    async with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for row in rows:
            await copy.write_row(row)
