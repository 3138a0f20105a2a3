"""One round: set up, send, strike, calm down, settle, judge."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.acceptance.crash import books
from tests.acceptance.crash.server import Server
from tests.acceptance.crash.stage import PATIENCE, Stage, Worker, staged
from tests.acceptance.crash.story import Blow, Mode, Story, Strike, parts_of

LONG = 5.0  # times as long as what was killed stays away: answers are overdue by then, and lines given up
STALLED = 4.0  # seconds without a new segment at the carriers after which the next blow comes all the same


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round came to, in segments."""

    story: Story
    seconds: float
    due: int
    accepted: int
    rejected: int
    not_sent: int
    unknown: int
    settled_by_statement: int
    starts: int

    def __str__(self) -> str:
        story = self.story
        blows = ", ".join(strike.blow.value for strike in story.strikes)
        faults = "; ".join(" ".join(carrier.faults) or "none" for carrier in story.carriers)
        return (
            f"{story.seed:<14} {story.mode.value:<11} {self.seconds:5.1f} s  segments {self.due:5} = accepted"
            f" {self.accepted} + rejected {self.rejected} + not sent {self.not_sent} + unknown {self.unknown}"
            f"  [statement {self.settled_by_statement}, charged {'yes' if story.build else '-'}]"
            f"  workers {story.workers}{' apart' if any(story.served) else ''}, starts {self.starts}; blows: {blows}; faults: {faults}"
        )


def play(story: Story, server: Server, folder: Path, name: str) -> Outcome:
    """BooksDiffer or Stuck, with the seed, where a promise is broken."""
    started_at = time.monotonic()
    with staged(story, server, folder, name) as stage:
        stage.set_up()
        stage.workers += [
            Worker(f"worker{n}", folder / f"worker{n}.log", served) for n, served in enumerate(story.served)
        ]
        for worker in stage.workers:
            worker.start()
        stage.send()
        storm = _Storm(stage)
        storm.rage()
        _calm(stage)
        try:
            outcome = _judge(stage, storm.silenced, started_at)
        except Exception:
            stage.keep_logs()
            raise
        for worker in stage.workers:
            worker.stop()
        return outcome


class _Storm:
    """The story's strikes, each at its time; what was killed comes back at its own."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._chance = Random(stage.story.seed)
        self._due: list[tuple[float, Callable[[], None]]] = []  # what comes back, and when
        self._total = sum(parts_of(text) for text in stage.story.expected().values())
        self.silenced: dict[int, set[books.Segment]] = {}  # who opted out while nobody could send -> what they had got

    def rage(self) -> None:
        for strike in self._stage.story.strikes:
            self._wait(strike.at * self._total)
            self._strike(strike)
        self._wait(float("inf"), at_most=1.0)
        for _, back in self._due:
            back()
        self._due.clear()

    def _wait(self, goal: float, at_most: float = PATIENCE) -> None:
        """Until the carriers have taken so many segments, or nothing moves any more."""
        seen, moved_at, ends_at = -1, time.monotonic(), time.monotonic() + at_most
        while (taken := sum(carrier.accepted for carrier in self._stage.carriers)) < goal:
            now = time.monotonic()
            if taken != seen:
                seen, moved_at = taken, now
            for entry in [entry for entry in self._due if entry[0] <= now]:
                self._due.remove(entry)
                entry[1]()
            if now > ends_at or (now > moved_at + STALLED and not self._due):
                return
            time.sleep(0.02)

    def _later(self, seconds: float, back: Callable[[], None]) -> None:
        self._due.append((time.monotonic() + seconds, back))

    def _strike(self, strike: Strike) -> None:
        stage = self._stage
        match strike.blow:
            case Blow.KILL_WORKER:
                self._kill_worker(stage.workers[strike.which % len(stage.workers)], strike.seconds)
            case Blow.KILL_ALL_WORKERS:
                self._kill_all_workers(strike)
            case Blow.KILL_CARRIER:
                carrier = stage.carriers[strike.which % len(stage.carriers)]
                if carrier.running is not None:
                    carrier.kill()
                    self._later(strike.seconds, carrier.start)
            case Blow.KILL_POSTGRES:
                stage.server.kill()
                time.sleep(strike.seconds)
                stage.server.start()
            case Blow.CUT_CONNECTIONS:
                self._cut_connections(strike.which)
            case Blow.FREEZE_WORKER:
                worker = stage.workers[strike.which % len(stage.workers)]
                if worker.lives:
                    self._later(LONG * strike.seconds, worker.freeze())
            case Blow.HOLD_TRANSACTION:
                self._later(LONG * strike.seconds, stage.hold_transaction())
            case Blow.OPT_OUT:
                self._opt_out(strike.which)
            case Blow.CANCEL:
                stage.rows("update intake.campaign set state = 'cancelled' where sender = %s and state = 'accepted'",
                           stage.story.campaigns[0].sender)  # fmt: skip

    def _kill_worker(self, worker: Worker, seconds: float) -> None:
        if worker.lives:
            worker.kill()
            self._later(seconds, worker.start)

    def _kill_all_workers(self, strike: Strike) -> None:
        """Once the carriers have read to the end of every connection, those who opt out now get nothing more."""
        stage = self._stage
        for entry in self._due:
            entry[1]()
        self._due.clear()
        for worker in stage.workers:
            worker.kill()
        if self._all_read():
            before = books.taken(carrier.witness for carrier in stage.carriers).segments
            for number in self._opt_out(strike.which):
                self.silenced.setdefault(number, {one for one in before if one[1] == number})
        for worker in stage.workers:
            self._later(strike.seconds, worker.start)

    def _all_read(self) -> bool:
        """False where a half-open connection keeps what is in it."""
        ends_at = time.monotonic() + 3
        while any(carrier.status().get("sessions") != 0 for carrier in self._stage.carriers):
            if time.monotonic() > ends_at:
                return False
            time.sleep(0.05)
        return True

    def _cut_connections(self, which: int) -> None:
        for _ in range(3 + which % 5):
            self._stage.rows(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and application_name = 'outbound dispatch'"
            )
            time.sleep(self._chance.uniform(0, 0.1))

    def _opt_out(self, which: int) -> tuple[int, ...]:
        """A tenth of the members, while campaigns run."""
        members = self._stage.story.members
        leaving = members[which % 10 :: 10]
        self._stage.ingest(f"leaving{which}.csv", "msisdn\n" + "".join(f"{n}\n" for n in leaving), "optout")
        return leaving


def _calm(stage: Stage) -> None:
    """No fault any more: everything that waits can go."""
    stage.server.start()
    for carrier in stage.carriers:
        carrier.end()
        carrier.start(calm=True)
    for worker in stage.workers:
        if not worker.lives:
            worker.start()


@dataclass(frozen=True, slots=True)
class _Sight:
    """What the carriers and the platform say, asked anew each time."""

    stage: Stage

    def took(self) -> books.Taken:
        return books.taken(carrier.witness for carrier in self.stage.carriers)

    def said(self) -> dict[books.Segment, str]:
        return books.states(self.stage.run("export", "dispatch.submissions"), self.stage.senders)

    def charged(self) -> Counter[books.Segment]:
        return books.charged(self.stage.run("export", "finance.charges"), self.stage.senders)

    def progress(self) -> dict[str, int]:
        """Of all campaigns together."""
        names = ("accepted", "unknown", "rejected", "dropped", "unsent", "in_doubt")
        sums = ", ".join(f"sum({name})::int" for name in names)
        (row,) = self.stage.rows(f"select {sums} from dispatch.campaign_progress")
        return dict(zip(names, row, strict=True))

    def nothing_waits(self) -> bool:
        """No batch is left, and no dead worker's estate."""
        self.stage.tend()
        ((batches, epochs),) = self.stage.rows(
            "select (select count(*) from dispatch.batch where state <> 'done'),"
            " (select count(*) from dispatch.epoch where settled_at is null)"
        )
        return batches == 0 and epochs == len(self.stage.workers)

    def waits_for_doubt_alone(self) -> bool:
        """Where receipts name no reference a recipient gets nothing more while anything is in doubt there: whatever is
        not sent waits for that, and what has a rejected part is given up once its batch is planned again."""
        return not self.stage.one(
            "select count(*) from dispatch.message where not exists (select from dispatch.dropped"
            " where dropped.campaign_id = message.campaign_id and dropped.ordinal = message.ordinal)"
            " and segments > (select count(distinct segment) from dispatch.attempt"
            " where attempt.campaign_id = message.campaign_id and attempt.ordinal = message.ordinal"
            " and state in ('accepted', 'in_doubt', 'unknown'))"
            " and not exists (select from dispatch.attempt where attempt.campaign_id = message.campaign_id"
            " and attempt.ordinal = message.ordinal and state = 'rejected' and not transient)"
            " and not exists (select from dispatch.attempt join dispatch.message as other using (campaign_id, ordinal)"
            " where attempt.state = 'in_doubt' and other.msisdn = message.msisdn)"
        )

    def receipts_are_in(self) -> bool:
        """The carriers owe nothing any more, and what they sent has found what is in doubt, where it can."""
        for carrier in self.stage.carriers:
            figures = carrier.status()
            if (figures.get("accepted"), figures.get("receipts_owed")) != (carrier.accepted, 0):
                return False
        return not self.stage.one(
            "select count(*) from dispatch.receipt_unmatched as receipt"
            " join dispatch.attempt on attempt.state = 'in_doubt' and attempt.connector_id = receipt.connector_id"
            " join dispatch.message using (campaign_id, ordinal) where message.msisdn = receipt.msisdn"
            " and attempt.reference = coalesce(receipt.reference, attempt.reference)"
        )


def _judge(stage: Stage, silenced: Mapping[int, set[books.Segment]], started_at: float) -> Outcome:
    story, sight = stage.story, _Sight(stage)
    due = {
        (sender, recipient, part): text
        for (sender, recipient), text in story.expected().items()
        for part in range(1, parts_of(text) + 1)
    }
    stage.until(
        lambda: sight.nothing_waits() or (not story.echoes_references and sight.waits_for_doubt_alone()),
        "a batch or a dead worker's estate is stuck",
    )
    if story.mode is Mode.COMPLETE:
        stage.until(
            lambda: not sight.progress()["in_doubt"] and sight.nothing_waits(), "in doubt, though silence is proof"
        )
    else:
        stage.until(sight.receipts_are_in, "receipts are owed, or do not find what is in doubt")
        stage.rows("update dispatch.batch set expires_at = now() - interval '61 minutes'")  # moves the clock
        stage.until(
            lambda: not sight.progress()["in_doubt"] + sight.progress()["unsent"] and sight.nothing_waits(),
            "in doubt or unsent, though its time is over",
        )
    took = sight.took()
    books.nobody_else_was_reached(took, due)
    books.silenced_stay_silent(took, silenced)
    books.nothing_was_doubled(took)
    books.texts_are_whole(took, due)
    books.nothing_was_lost(took, sight.said(), sight.progress(), due)
    by_statement = 0
    if story.mode is Mode.MISSING:
        by_statement = _load_statements(stage, took, sight.said())
        books.nothing_was_lost(took, sight.said(), sight.progress(), due)
    books.all_taken_is_known(took, sight.said())
    if story.mode is Mode.COMPLETE:
        books.same("unknown, though silence is proof", sight.progress()["unknown"], 0)
    if story.build:
        stage.run("build")
        books.charges_are_what_was_taken(took, sight.charged())
        stage.run("reconcile", "--no-build")
    at_last = sight.progress()
    return Outcome(
        story, time.monotonic() - started_at, len(due), at_last["accepted"], at_last["rejected"], at_last["dropped"],
        at_last["unknown"], by_statement, sum(worker.starts for worker in stage.workers),
    )  # fmt: skip


def _load_statements(stage: Stage, took: books.Taken, said: Mapping[books.Segment, str]) -> int:
    """What the carriers took and nobody knows of is exactly what their statements settle; how many segments."""
    missing = [one for one in took.segments if said[one] == "unknown"]
    settled = 0
    for carrier in stage.carriers:
        statement = stage.folder / f"{carrier.story.name}.csv"
        habits = carrier.story.habits
        form = habits[habits.index("--receipt-id-form") + 1]
        stage.run("carrier", "statement", carrier.witness, "--receipt-id-form", form, "-o", statement)
        told = json.loads(stage.run("statement", "load", statement, "--connector", carrier.story.name, "--json"))
        settled += told["settled"]
    after = _Sight(stage).said()
    books.none("proven by a statement, and not settled by it", [one for one in missing if after[one] != "accepted"])
    books.same("settled by the statements", settled, len(missing))
    return settled
