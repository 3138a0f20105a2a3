"""Runs the demo: sets up through the doors, starts the platform, drops files, waits for the DAGs, judges the books."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from threading import Event

from local import postgres
from local.carrier.witness import Witness
from local.demo import answers, campaigns, facts, judging, people, preparing
from local.demo.campaigns import Drop
from local.demo.doors import Doors
from local.demo.killing import Killer
from local.demo.memory import Memory, recall, remember
from local.demo.planning import Plan, plan
from local.demo.runs import LOOK_SECONDS, RunFailed, Runs
from local.demo.stopwatch import Stopwatch
from local.demo.told import Told
from local.platform import Platform, alone
from local.ports import usable_port
from local.supervisor import Supervisor
from outbound import clock, database
from outbound.errors import OutboundError
from outbound.settings import Settings

WORKER = "worker-1"
KILL_AFTER = 5_000  # segments: some of the first campaign are out, most are not
CARRIER = [
    *("--share", "handset_off=3", "--share", "undeliverable=2", "--share", "expired=2"),
    *("--handset-off", "2", "--expiry", "2"),
]


class DemoFailed(OutboundError):
    """The demo did not come to its end: why, and where the logs are."""


def run(configured: Settings, watch: Stopwatch, *, kill: bool) -> Told:
    """The whole demo; nothing of it runs any more when this returns or raises."""
    with alone(configured.home), ExitStack() as ending:
        if configured.database_url is None:
            ending.callback(postgres.stop, configured.home)
        try:
            told = _Demo(configured, watch, kill).run()
        except OutboundError as error:
            raise DemoFailed(f"{error}\nThe logs are in {configured.home / 'logs'}") from error
    watch.lap("stop")
    told.laps, told.seconds = dict(watch.laps), watch.total
    return told


class _Demo:
    def __init__(self, configured: Settings, watch: Stopwatch, kill: bool) -> None:
        self.home, self.configured, self.watch, self.kill = configured.home, configured, watch, kill
        self.folder = configured.home / "demo"
        self.doors, self.runs = Doors(configured), Runs(configured)
        self.bases = people.bases()
        self.loads = list(campaigns.base_files(self.bases))
        self.drops = campaigns.campaign_files(self.bases)
        self.memory: Memory = recall(self.folder, clock.now().date())
        self.months = preparing.last_two_months(clock.now())
        self.newest: dict[str, int] = {}
        self.scans = 0

    def run(self) -> Told:
        database.url()
        stop = Event()
        with Supervisor() as supervisor, ThreadPoolExecutor(1, "airflow") as beside:
            try:
                platform = Platform(self.configured, supervisor)
                platform.start_airflow_preparation()
                started = beside.submit(platform.start_airflow, stop)
                self._set_up(platform)
                self.watch.lap("setup")
                started.result()
                self.watch.lap("start")
                return self._send(platform, supervisor)
            finally:
                stop.set()

    def _set_up(self, platform: Platform) -> None:
        """Accounts and past the first time; the simulator and the worker; then the bases and opt-outs are dropped."""
        port = usable_port(platform.carrier / "port")
        if not self.memory.is_set_up or self.memory.port != port:
            preparing.set_up(self.doors, self.folder, port)
            self.memory = remember(self.folder, self.memory, port=port)
        platform.start_carrier(port, CARRIER)
        platform.start_worker(WORKER)
        if not self.memory.is_set_up:
            preparing.load_past(self.doors, self.folder, self.memory)
            self.memory = remember(self.folder, self.memory, is_set_up=True)
        if self.memory.closed < self.months[0]:
            preparing.close_earlier(self.doors, self.months[0])
            self.memory = remember(self.folder, self.memory, closed=self.months[0])
        self.memory = remember(self.folder, self.memory, batch=self.memory.batch + 1)
        self._drop(self.loads)

    def _send(self, platform: Platform, supervisor: Supervisor) -> Told:
        witness = Witness(platform.carrier / "witness.jsonl")
        before = witness.count()
        planned = self._plan()
        told = Told(self.memory.batch, planned.drops, recharge=planned.recharge)
        segments = judging.segment_count(planned.sends)
        if self.kill:
            told.killed = Killer(supervisor, WORKER, witness.path, KILL_AFTER)
            told.killed.start()
        closing = self._start_closing()
        try:
            self._intake(told)
            self.watch.lap("intake")
            self._wait_for_carrier(witness, before + segments)
            self.watch.lap("send")
        finally:
            if told.killed:
                told.killed.stop()
        ended = [self.runs.wait("process_campaign", f"file-{file}", 300) for file in self._going(told)]
        self.watch.lap("receipts")
        if closing:
            ended.append(self.runs.wait("close_month", closing, 180))
            self.memory = remember(self.folder, self.memory, closed=self.months[1])
            self.watch.lap("close")
        self._wait_for_marts(max(run.ended_at for run in ended if run.ended_at))
        self.watch.lap("dbt")
        self._judge(told, witness, before, planned.sends)
        return told

    def _start_closing(self) -> str | None:
        """The run that closes and bills the last month, unless an earlier demo did."""
        if self.memory.closed >= self.months[1]:
            return None
        run_id = f"demo-{self._stamp()}"
        self.runs.start("close_month", run_id, {"month": self.months[1]})
        return run_id

    def _plan(self) -> Plan:
        """Buys what this batch needs, what the last ones left held included."""
        planned = plan(facts.available("nile"), self.drops, self._held())
        if planned.recharge:
            preparing.recharge(self.doors, planned.recharge, self.memory.batch)
        return planned

    def _held(self) -> list[Drop]:
        """The campaigns that earlier batches left held."""
        return [drop for name in facts.held() for drop in self.drops.values() if drop.name == name]

    def _intake(self, told: Told) -> None:
        """Bases and opt-outs first, then the campaigns; the one that is too large once the others have their units."""
        self._scan()
        acks = self._answers(self.loads)
        refused = [f"{ack['account']}/{ack['file']}: {ack['status']}" for ack in acks if ack["status"] != "accepted"]
        if refused:
            raise DemoFailed(f"bases and opt-outs were not loaded: {', '.join(refused)}")
        last = {name: drop for name, drop in told.drops.items() if name == "too-large"}
        first = {name: drop for name, drop in told.drops.items() if name not in last}
        self._drop(first.values())
        self._scan()
        told.acks.update(zip(first, self._answers(first.values()), strict=True))
        self._wait_for_released()
        self._drop(last.values())
        self._scan()
        told.acks.update(zip(last, self._answers(last.values()), strict=True))

    def _drop(self, drops: Iterable[Drop]) -> None:
        for drop in drops:
            self.newest[drop.account + drop.name] = answers.newest(self.home, drop)
            preparing.drop(self.doors, self.folder, drop, self.memory.batch)

    def _scan(self) -> None:
        """Now, instead of at the next minute."""
        self.scans += 1
        self.runs.start("scan_landing_zone", f"demo-{self._stamp()}-{self.scans}")

    def _answers(self, drops: Iterable[Drop], timeout: float = 120) -> list[answers.Ack]:
        """The acknowledgements of these files, once all are there."""
        wanted = list(drops)
        deadline = time.monotonic() + timeout
        since = clock.now()
        while True:
            found = [answers.find(self.home, drop, self.newest[drop.account + drop.name]) for drop in wanted]
            acks = [ack for ack in found if ack is not None]
            if len(acks) == len(wanted):
                return acks
            for dag in ("scan_landing_zone", "process_campaign"):
                for run in self.runs.latest(dag):
                    if run.started_at is not None and run.started_at > since:
                        self.runs.refuse_failure(dag, run)
            if time.monotonic() > deadline:
                missing = [f"{one.account}/{one.name}" for one, ack in zip(wanted, found, strict=True) if ack is None]
                raise DemoFailed(f"no answer after {timeout:g} s to {', '.join(missing)}")
            time.sleep(LOOK_SECONDS)

    def _wait_for_released(self, timeout: float = 60) -> None:
        """The recharge has let go what earlier batches left held."""
        deadline = time.monotonic() + timeout
        while held := self._held():
            if time.monotonic() > deadline:
                names = ", ".join(drop.name for drop in held)
                raise DemoFailed(f"still held {timeout:g} s after a recharge: {names}")
            time.sleep(LOOK_SECONDS)

    def _wait_for_carrier(self, witness: Witness, total: int, timeout: float = 240) -> None:
        deadline = time.monotonic() + timeout
        while (count := witness.count()) < total:
            if time.monotonic() > deadline:
                raise DemoFailed(f"the carrier has accepted {count:,} segments of {total:,} after {timeout:g} s")
            time.sleep(LOOK_SECONDS)

    def _going(self, told: Told) -> list[int]:
        """The files whose runs come to an end by themselves: a held one's waits for a recharge."""
        return [ack["file_id"] for ack in told.acks.values() if ack["status"] != "held"]

    def _wait_for_marts(self, since: datetime, timeout: float = 180) -> None:
        """A build that began after this instant, and the end of every run: what ended starts them, else it is done here."""
        deadline = time.monotonic() + timeout
        patience = time.monotonic() + 5
        while True:
            latest = self.runs.latest("build_marts")
            is_busy = any(run.state in ("queued", "running") for run in latest)
            if is_busy:
                patience = max(patience, time.monotonic() + 5)  # the next one is made only when this one has ended
            if not is_busy and facts.is_built(since):
                return
            for run in latest[:1]:
                self.runs.refuse_failure("build_marts", run)
            if not is_busy and time.monotonic() > patience:
                self.runs.start("build_marts", f"demo-{self._stamp()}")
                patience = deadline
            if time.monotonic() > deadline:
                raise RunFailed(f"no build of the marts ended within {timeout:g} s")
            time.sleep(LOOK_SECONDS)

    def _judge(self, told: Told, witness: Witness, before: int, expected: list[tuple[int, str]]) -> None:
        ids = [ack["campaign_id"] for ack in told.acks.values() if ack["campaign_id"]]
        told.facts = facts.read(ids, self.months[1], f"{clock.now():%Y-%m}")
        everything = witness.accepted()
        told.findings = judging.judge(everything, before, expected, self.bases, told.drops, told.acks, told.facts)
        told.handsets_on = judging.handsets_on(everything[before:], witness.acknowledged())
        if told.killed:
            told.findings.append(judging.killed(told.killed.pid, told.killed.accepted, len(everything) - before))

    def _stamp(self) -> str:
        return f"{self.memory.batch}-{clock.now():%Y%m%dT%H%M%S}"


def results(home: Path) -> Path:
    return answers.folder(home, "nile")
