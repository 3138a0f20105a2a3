"""The protocol that loses and doubles nothing, stepped through at random: leases, intents, marks, writes, answers, group
commits, receipts, settlement; and death, of a worker, a session or a database connection, between any two steps.

Planning, the journal and what recovery makes of it are the real ones; database and carrier stand in `protocol`.
"""

import os
import tempfile
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dispatch import journal as journals
from dispatch import plan, recovery
from dispatch.boot import boot_id
from dispatch.journal import Estate, Journal
from dispatch.parts import Batch, Numbers
from dispatch.recipients import Recipients
from dispatch.rows import STATES, SUBMISSION_COLUMNS
from smpp import status
from smpp.wire import Wire
from tests.unit.dispatch.protocol import (
    CAMPAIGN,
    NOW,
    Carrier,
    Database,
    Epoch,
    Fenced,
    Intent,
    Session,
    Try,
    reference,
)

TEXTS = {1: "short", 2: "two segments " * 15, 3: "three of them, one after the other " * 10}
STATUSES = (0, 0, 0, status.RTHROTTLED, status.RINVDSTADR)
RECORDS = 64  # of a journal: few, so that it goes round
FIRST_NUMBER = 201001000000
SELDOM = st.integers(0, 5).map(lambda n: n == 5)
STEPS = int(os.environ.get("PROTOCOL_STEPS") or 3_000)
LENGTH = 50


class OneWay:
    """One connector for everything, that can always be used."""

    def route(self, msisdns: Numbers, networks: Numbers) -> Numbers:
        return np.ones(len(msisdns), np.int64)

    def can_use(self, connector_id: int) -> bool:
        return True

    def wire(self, connector_id: int) -> Wire:
        return Wire()


@dataclass
class Group:
    """A commit on its way, given again under the same serial until it is known to stand."""

    serial: int
    open_from: int
    ends: dict[Try, tuple[str, bool]]
    intent: Intent | None


@dataclass
class Worker:
    """A worker's memory; all of it is gone when it is killed, but for its journal."""

    epoch: int
    journal: Journal
    lines: dict[int, Session]
    fence: int = 0
    may_write: bool = False  # its lease, by its own clock
    planned: deque[Try] = field(default_factory=deque)
    cleared: dict[int, deque[tuple[int, Try]]] = field(
        default_factory=dict
    )  # line -> (place, attempt), not written yet
    in_flight: dict[int, dict[int, Try]] = field(default_factory=dict)  # line -> place -> attempt
    places: dict[int, int] = field(default_factory=dict)
    intents: dict[int, set[Try]] = field(default_factory=dict)  # serial -> attempts without a committed end
    ended: dict[Try, tuple[str, bool]] = field(default_factory=dict)  # not committed yet
    serial: int = 0
    intent_serial: int = 0
    open_from: int = 1  # as its last durable group of results says
    lost: dict[str, Group] = field(default_factory=dict)  # the connection of this lane went away around its commit

    @property
    def open(self) -> int:
        return sum(map(len, self.intents.values())) + len(self.planned)

    def end(self, one: Try, state: str, *, transient: bool = False) -> None:
        self.ended[one] = state, transient

    def lose(self, line: int) -> None:
        """The session ends: what was written and not answered is in doubt."""
        for one in self.in_flight[line].values():
            self.end(one, "in_doubt")
        self.in_flight[line].clear()
        self.lines[line] = Session(line)


def verdict(of: int) -> tuple[str, bool]:
    found = status.Answers({}).verdict(of)
    return STATES[found], found is status.Verdict.RETRY


Condition = Callable[["Protocol"], object]
Step = Callable[["Protocol", st.DataObject], None]
GOES_ON: list[tuple[Condition, Step]] = []
STRIKES: list[tuple[Condition, Step]] = []


def goes_on(when: Condition) -> Callable[[Step], Step]:
    """A step of the protocol, for the times when it can be taken."""

    def keep(step: Step) -> Step:
        GOES_ON.append((when, step))
        return step

    return keep


def strikes(when: Condition) -> Callable[[Step], Step]:
    """Something from outside; it comes more seldom, else nothing would get anywhere."""

    def keep(step: Step) -> Step:
        STRIKES.append((when, step))
        return step

    return keep


class Protocol(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.workers: dict[int, Worker] = {}
        self.folder = tempfile.TemporaryDirectory()
        self.capacity, journals.CAPACITY = journals.CAPACITY, RECORDS

    def teardown(self) -> None:
        """Whatever happened: once a worker is left in peace, everything comes to its end."""
        try:
            if hasattr(self, "database"):
                self.come_to_an_end()
        finally:
            for worker in self.workers.values():
                worker.journal.close()
            journals.CAPACITY = self.capacity
            self.folder.cleanup()

    @initialize(counts=st.lists(st.integers(1, 3), min_size=1, max_size=5))
    def begin(self, counts: list[int]) -> None:
        self.database = Database(dict(enumerate(counts, 1)))
        self.carrier = Carrier()
        self.sessions: list[Session] = []  # of dead workers and ended ones: their octets still arrive
        self.start_worker()

    @rule(data=st.data(), blow=SELDOM)
    def step(self, data: st.DataObject, blow: bool) -> None:
        possible = [step for when, step in (STRIKES if blow else GOES_ON) if when(self)]
        if possible:
            data.draw(st.sampled_from(possible), label="step")(self, data)

    # workers come and go

    @goes_on(lambda self: len(self.workers) < 2)
    def start(self, data: st.DataObject) -> None:
        self.start_worker()

    def start_worker(self) -> None:
        epoch = len(self.database.epochs) + 1
        path = Path(self.folder.name) / str(epoch)
        journal = Journal(path)
        journal.name(epoch)
        self.database.epochs[epoch] = Epoch(path)
        lines = (0, 1)
        self.workers = self.workers | {
            epoch: Worker(
                epoch, journal, {line: Session(line) for line in lines}, cleared={line: deque() for line in lines},
                in_flight={line: {} for line in lines}, places=dict.fromkeys(lines, 1),
            )
        }  # fmt: skip

    @strikes(lambda self: self.workers)
    def kill(self, data: st.DataObject) -> None:
        self.die(self.one(data))

    def die(self, worker: Worker) -> None:
        worker.journal.close()
        for session in worker.lines.values():
            session.stands = False
            self.sessions.append(session)
        self.workers = {epoch: other for epoch, other in self.workers.items() if other is not worker}

    @goes_on(lambda self: any(not self.database.epochs[epoch].settled for epoch in self.dead()))
    def recover(self, data: st.DataObject) -> None:
        """What dead workers left gets its ends, from their journals, or without them on another machine."""
        self.settle_the_dead(same_boot=data.draw(st.booleans(), label="same_boot"))

    def settle_the_dead(self, *, same_boot: bool) -> None:
        for epoch, row in self.database.epochs.items():
            if row.settled:
                continue
            if not same_boot:
                if epoch in self.dead():
                    self.settle_epoch(epoch, None)
                continue
            try:
                estate = Estate(row.journal)
            except BlockingIOError:
                assert epoch in self.workers
                continue
            with estate:
                remains = estate.read()
            assert (remains.epoch, remains.boot_id) == (epoch, boot_id())
            self.settle_epoch(epoch, remains)

    def dead(self) -> set[int]:
        return self.database.epochs.keys() - self.workers.keys()

    @strikes(lambda self: any(not worker.may_write for worker in self.workers.values()))
    def take_for_dead(self, data: st.DataObject) -> None:
        """A worker elsewhere that was silent for longer than any lease lasts, and lives all the same."""
        worker = self.one(data, lambda worker: not worker.may_write)
        if not self.database.epochs[worker.epoch].settled:
            self.settle_epoch(worker.epoch, None)

    def settle_epoch(self, epoch: int, remains: journals.Remains | None) -> None:
        left = self.database.left_by(epoch)
        for attempt, row in zip(left, recovery.ends(epoch, left, remains), strict=True):
            values = dict(zip(SUBMISSION_COLUMNS, row, strict=True))
            one = Try(attempt.ordinal, attempt.segment, attempt.attempt)
            assert values["reference"] == reference(self.database.counts, one)
            assert one not in self.database.ends, "an attempt has two ends"
            self.database.ends[one] = values["state"], values["transient"]
        self.database.epochs[epoch].settled = True
        if self.database.lease is not None and self.database.lease[0] == epoch:
            self.database.lease = None

    # a batch is leased, planned, intended, written

    def may_lease(self, worker: Worker) -> bool:
        """The batch is free, or its lease has run out, and the worker has done with what it had of it before."""
        holder = self.workers.get(self.database.lease[0]) if self.database.lease else None
        is_free = holder is None or not holder.may_write
        return is_free and not (worker.open or worker.lost or self.database.epochs[worker.epoch].settled)

    @goes_on(lambda self: any(map(self.may_lease, self.workers.values())))
    def lease(self, data: st.DataObject) -> None:
        worker = self.one(data, self.may_lease)
        self.database.fences += 1
        self.database.lease = worker.epoch, self.database.fences
        worker.fence, worker.may_write = self.database.fences, True
        self.plan(worker)

    @strikes(lambda self: any(worker.may_write for worker in self.workers.values()))
    def sleep_through_the_lease(self, data: st.DataObject) -> None:
        self.one(data, lambda worker: worker.may_write).may_write = False

    @goes_on(lambda self: any(worker.may_write and not worker.open for worker in self.workers.values()))
    def plan_again(self, data: st.DataObject) -> None:
        self.plan(self.one(data, lambda worker: worker.may_write and not worker.open))

    def plan(self, worker: Worker) -> None:
        database = self.database
        ordinals = np.array([one for one in database.counts if one not in database.dropped], np.int64)
        counts = np.array([database.counts[one] for one in ordinals.tolist()], np.int64)
        recipients = Recipients(
            ordinals, FIRST_NUMBER + ordinals, counts, np.ones(len(ordinals), np.int64), np.full(len(ordinals), b"EG"),
            np.zeros(len(ordinals), bool), [TEXTS[count].encode() for count in counts.tolist()],
        )  # fmt: skip
        batch = Batch(
            1, 1, CAMPAIGN, 1, len(database.counts), worker.fence, NOW.replace(year=2027), "NILE",
            "cancelled" if database.cancelled else "accepted", 100, None, 1e9,
        )  # fmt: skip
        made = plan.make(
            batch, recipients, database.attempts(), database.open_attempts(),
            OneWay(), now=NOW,
        )  # fmt: skip
        if database.lease == (worker.epoch, worker.fence):
            for ordinals_of in made.stops.values():
                database.drop(set(ordinals_of))
        for _, load in made.loads:
            columns = (load.ordinals.tolist(), load.segments.tolist(), load.attempts.tolist())
            worker.planned += [Try(*one) for one in zip(*columns, strict=True)]

    def lanes(self, worker: Worker) -> list[str]:
        """Intents and results have a connection each, and a group at a time on it."""
        is_settled = self.database.epochs[worker.epoch].settled
        waits = {"intents": worker.planned, "results": worker.ended}
        return [lane for lane, some in waits.items() if lane not in worker.lost and (some or is_settled)]

    @goes_on(lambda self: any(map(self.lanes, self.workers.values())))
    def commit(self, data: st.DataObject) -> None:
        """A group of ends, or an intent; or the connection goes away before or after it counts."""
        worker = self.one(data, self.lanes)
        lane = data.draw(st.sampled_from(self.lanes(worker)), label="lane")
        parts = data.draw(st.sampled_from((1, 2, 4)), label="parts")
        line = data.draw(st.integers(0, 1), label="line")
        outcome = data.draw(st.sampled_from(("ok", "ok", "ok", "before", "after")), label="outcome")
        self.group(worker, lane, parts, line, outcome)

    def group(self, worker: Worker, lane: str, parts: int, line: int, outcome: str) -> None:
        worker.serial += 1
        ends: dict[Try, tuple[str, bool]] = {}
        intent = None
        open_from = worker.open_from
        if lane == "results":
            ends, worker.ended = worker.ended, {}
            for waiting in worker.intents.values():
                waiting.difference_update(ends)
            worker.intents = {serial: waiting for serial, waiting in worker.intents.items() if waiting}
            open_from = min(worker.intents, default=worker.intent_serial + 1)
        elif worker.planned:
            worker.intent_serial += 1
            tries = [worker.planned.popleft() for _ in range(min(parts, len(worker.planned)))]
            intent = Intent(worker.epoch, worker.intent_serial, line, worker.places[line], tries)
            worker.places[line] += len(tries)
            worker.intents[intent.serial] = set(tries)
        group = Group(worker.serial, open_from, ends, intent)
        if outcome != "before" and not self.count(worker, group):
            return
        if outcome == "ok":
            self.committed(worker, group)
        else:
            worker.lost[lane] = group

    @goes_on(lambda self: any(worker.lost for worker in self.workers.values()))
    def connect_again(self, data: st.DataObject) -> None:
        worker = self.one(data, lambda worker: worker.lost)
        self.look_up(worker, data.draw(st.sampled_from(sorted(worker.lost)), label="lane"))

    def look_up(self, worker: Worker, lane: str) -> None:
        """Whether the group counts is looked up before anything else; if it does not, it is given again."""
        group = worker.lost.pop(lane)
        if (worker.epoch, group.serial) in self.database.groups or self.count(worker, group):
            self.committed(worker, group)

    def count(self, worker: Worker, group: Group) -> bool:
        """False where another worker settled the epoch: then what is known is appended as proof, and the worker ends."""
        try:
            self.database.commit(worker.epoch, group.serial, group.open_from, group.ends, group.intent, worker.fence)
        except Fenced:
            results = worker.lost.get("results")
            for one, (state, _) in {**(results.ends if results else {}), **group.ends, **worker.ended}.items():
                if state == "accepted" and self.database.ends[one][0] == "in_doubt":
                    self.database.settle(one, "accepted")
            self.die(worker)
            return False
        return True

    def committed(self, worker: Worker, group: Group) -> None:
        worker.open_from = max(worker.open_from, group.open_from)
        if group.intent is None:
            return
        kept = self.database.groups[worker.epoch, group.serial][1]
        if kept is None:
            worker.may_write = False
        worker.intents[group.intent.serial] = set(kept or ())
        if not kept:
            del worker.intents[group.intent.serial]
        places = enumerate(kept or (), group.intent.first_place)
        worker.cleared[group.intent.line] += places

    @goes_on(lambda self: any(any(worker.cleared.values()) for worker in self.workers.values()))
    def write(self, data: st.DataObject) -> None:
        parts = data.draw(st.integers(1, 3), label="parts")
        fate = data.draw(st.sampled_from(("written",) * 6 + ("killed", "session lost")), label="fate")
        worker = self.one(data, lambda worker: any(worker.cleared.values()))
        line = data.draw(st.sampled_from([line for line, cleared in worker.cleared.items() if cleared]), label="line")
        self.send(worker, line, parts, fate)

    def send(self, worker: Worker, line: int, parts: int, fate: str) -> None:
        """The mark first. What must not be written any more, for the lease is over, is given back."""
        if not worker.may_write:
            self.give_back(worker, line)
            return
        cleared = worker.cleared[line]
        run = [cleared.popleft() for _ in range(min(parts, len(cleared)))]
        worker.journal.mark(line, run[-1][0])
        if fate == "killed":
            self.die(worker)
        elif fate == "session lost":  # found out by the write itself: none of it went out, though the mark passes it
            cleared.extendleft(reversed(run))
            self.lose_session(worker, line)
            self.give_back(worker, line)
        else:
            worker.lines[line].to_carrier += run
            worker.in_flight[line] |= dict(run)

    def give_back(self, worker: Worker, line: int) -> None:
        cleared = worker.cleared[line]
        if cleared:
            worker.journal.not_sent(line, np.array([place for place, _ in cleared], np.int64))
            for _, one in cleared:
                worker.end(one, "not_sent")
            cleared.clear()

    # the carrier, and what comes back

    @goes_on(lambda self: any(session.to_carrier for session in self.all_sessions()))
    def read(self, data: st.DataObject) -> None:
        said = data.draw(st.sampled_from(STATUSES), label="said")
        full = [n for n, session in enumerate(self.all_sessions()) if session.to_carrier]
        self.carrier.read(self.all_sessions()[data.draw(st.sampled_from(full), label="session")], said)

    @strikes(lambda self: any(session.to_carrier for session in self.sessions))
    def reset_a_connection(self, data: st.DataObject) -> None:
        """What nobody read is gone."""
        next(session for session in self.sessions if session.to_carrier).to_carrier.clear()

    @goes_on(lambda self: any(s.answers for w in self.workers.values() for s in w.lines.values()))
    def hear(self, data: st.DataObject) -> None:
        most = data.draw(st.integers(1, 3), label="most")
        killed = data.draw(SELDOM, label="killed")
        worker = self.one(data, lambda worker: any(session.answers for session in worker.lines.values()))
        for session in worker.lines.values():
            self.take_answers(worker, session, most)
        if killed:
            self.die(worker)

    def take_answers(self, worker: Worker, session: Session, most: int) -> None:
        answers = [session.answers.popleft() for _ in range(min(most, len(session.answers)))]
        if not answers:
            return
        worker.journal.answered(
            session.line,
            np.array([place for place, *_ in answers], np.int64),
            np.array([said for _, _, said, _ in answers], np.int64),
            np.array([message_id for *_, message_id in answers]),
            np.ones(len(answers), np.int64),
            2,
        )
        for place, one, said, _ in answers:
            del worker.in_flight[session.line][place]
            state, transient = verdict(said)
            worker.end(one, state, transient=transient)

    @strikes(lambda self: any(any(worker.in_flight.values()) for worker in self.workers.values()))
    def lose_a_session(self, data: st.DataObject) -> None:
        line = data.draw(st.integers(0, 1), label="line")
        self.lose_session(self.one(data), line)

    def lose_session(self, worker: Worker, line: int) -> None:
        session = worker.lines[line]
        session.stands = False
        self.sessions.append(session)
        worker.lose(line)

    @goes_on(lambda self: self.carrier.receipts)
    def receive(self, data: st.DataObject) -> None:
        """A receipt proves an attempt in doubt, found by its reference; it waits where there is none yet."""
        self.match(data.draw(st.sampled_from(self.carrier.receipts), label="receipt"))

    def match(self, receipt: Try) -> None:
        database = self.database
        doubtful = [
            one
            for one, (state, _) in database.ends.items()
            if state == "in_doubt"
            and one.ordinal == receipt.ordinal
            and reference(database.counts, one) == reference(database.counts, receipt)
        ]
        assert doubtful in ([], [receipt]), "a receipt proves another attempt"
        for one in doubtful:
            database.settle(one, "accepted")
        if receipt in database.ends:
            self.carrier.receipts.remove(receipt)

    @goes_on(lambda self: any(self.database.state(one) == "in_doubt" for one in self.database.ends))
    def wait_for_silence(self, data: st.DataObject) -> None:
        """Where receipts are complete: nothing is under way to or from the carrier, so what is in doubt was not accepted."""
        self.silence()

    def silence(self) -> None:
        if self.carrier.receipts or any(session.to_carrier for session in self.all_sessions()):
            return
        for one in list(self.database.ends):
            if self.database.state(one) == "in_doubt":
                self.database.settle(one, "not_sent")

    # people

    @strikes(lambda self: True)
    def opt_out(self, data: st.DataObject) -> None:
        ordinal = data.draw(st.integers(1, 5), label="ordinal")
        if ordinal in self.database.counts:
            self.database.opted_out.add(ordinal)

    @strikes(lambda self: len(self.database.ends) > 3)
    def cancel(self, data: st.DataObject) -> None:
        self.database.cancelled = True

    # what holds at any time

    @invariant()
    def nothing_is_accepted_twice(self) -> None:
        if hasattr(self, "carrier"):
            assert all(times == 1 for times in self.carrier.accepted.values()), self.carrier.accepted

    @invariant()
    def the_log_tells_the_truth(self) -> None:
        if not hasattr(self, "database"):
            return
        for one in self.database.ends:
            said = self.carrier.verdicts.get(one)
            match self.database.state(one):
                case "accepted":
                    assert said == 0
                case "rejected":
                    assert said not in (None, 0)
                case "not_sent":  # never read; by silence also what was refused and its answer lost
                    assert said is None or (said != 0 and self.database.ends[one][0] == "in_doubt")

    # the end

    def come_to_an_end(self) -> None:
        for worker in list(self.workers.values()):
            self.die(worker)
        for _ in range(40):
            self.settle_the_dead(same_boot=True)
            for session in self.sessions:
                session.to_carrier.clear()
            for receipt in list(self.carrier.receipts):
                self.match(receipt)
            self.silence()
            self.start_worker()
            (worker,) = self.workers.values()
            self.database.fences += 1
            self.database.lease, worker.fence, worker.may_write = (
                (worker.epoch, self.database.fences),
                self.database.fences,
                True,
            )
            self.plan(worker)
            finished = not worker.planned
            self.work_off(worker)
            self.die(worker)
            if finished:
                break
        else:
            raise AssertionError("it never comes to an end")
        self.everything_has_its_end()

    def work_off(self, worker: Worker) -> None:
        while worker.open or worker.ended:
            for lane in self.lanes(worker):
                self.group(worker, lane, 3, 0, "ok")
            while worker.cleared[0]:
                self.send(worker, 0, 3, "written")
            while worker.lines[0].to_carrier:
                self.carrier.read(worker.lines[0], 0)
            self.take_answers(worker, worker.lines[0], 99)

    def everything_has_its_end(self) -> None:
        """Each segment: accepted, and the carrier has it; or rejected; or its message was given up."""
        database = self.database
        assert not database.open_attempts()
        states: dict[tuple[int, int], set[str]] = {}
        for one, (_, transient) in database.ends.items():
            state = database.state(one)
            if not (state == "not_sent" or (state == "rejected" and transient)):
                states.setdefault((one.ordinal, one.segment), set()).add(state)
        for ordinal, count in database.counts.items():
            for segment in range(1, count + 1):
                found = states.get((ordinal, segment), set())
                assert len(found) + (ordinal in database.dropped) >= 1, "a segment is lost"
                assert found <= {"accepted", "rejected"}
                assert len(found) <= 1
                assert (found == {"accepted"}) == (self.carrier.accepted[ordinal, segment] == 1)

    # helpers

    def one(self, data: st.DataObject, which=lambda worker: True) -> Worker:
        epochs = [epoch for epoch, worker in self.workers.items() if which(worker)]
        return self.workers[data.draw(st.sampled_from(epochs), label="worker")]

    def all_sessions(self) -> list[Session]:
        return [*self.sessions, *(session for worker in self.workers.values() for session in worker.lines.values())]


TestProtocol = Protocol.TestCase
TestProtocol.settings = settings(
    max_examples=STEPS // LENGTH, stateful_step_count=LENGTH, report_multiple_bugs=False,
    phases=(Phase.generate,),  # shrinking takes minutes here: what is found is printed as it was found
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)  # fmt: skip
