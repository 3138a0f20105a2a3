"""The platform of one round, through its doors: set-up, files, workers and carriers as processes, and what strikes them."""

import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import yaml
from click.testing import CliRunner

from local.carrier import process as carrier_process
from local.carrier.process import Running
from outbound.cli import commands
from outbound.database import NoDatabase
from tests.acceptance.crash.server import Server
from tests.acceptance.crash.story import CarrierStory, Story

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 240.0  # seconds that anything may take before it counts as stuck


class Stuck(AssertionError):
    """Something that has to happen did not."""


@dataclass
class Carrier:
    """A simulated carrier that can be killed and goes on with its record and on its port."""

    story: CarrierStory
    folder: Path
    running: Running | None = None
    port: int = 0
    _context: Any = None

    def start(self, *, calm: bool = False) -> None:
        options = (*self.story.habits, *(() if calm else self.story.faults))
        (self.folder / "status.json").unlink(missing_ok=True)  # of an earlier life
        self._context = carrier_process.start(self.folder, *options, port=self.port)
        self.running = self._context.__enter__()
        self.port = self.running.port

    def kill(self) -> None:
        if self.running is not None:
            self.running.kill()
            self.end()

    def end(self) -> None:
        if self.running is not None:
            self.running = None
            self._context.__exit__(None, None, None)

    def status(self) -> dict[str, int]:
        """Its figures, empty until it has any in this life."""
        try:
            return self.running.status() if self.running else {}
        except FileNotFoundError:
            return {}

    @property
    def witness(self) -> Path:
        return self.folder / "witness.jsonl"

    @property
    def accepted(self) -> int:
        return self.witness.read_bytes().count(b"\n") if self.witness.exists() else 0


@dataclass
class Worker:
    """`outbound dispatch` under a name; killed or not, it is started again. served: the carriers that it binds to, empty =
    all."""

    name: str
    log: Path
    served: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self) -> None:
        self.starts += 1
        options = ["--worker", self.name, *(f"--connector={name}" for name in self.served)]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from outbound.cli import main; main()", "dispatch", *options],
                stdout=output, stderr=output, cwd=ROOT,
            )  # fmt: skip

    def freeze(self) -> Callable[[], None]:
        """What thaws it, if it was not killed meanwhile."""
        frozen = self.process
        assert frozen is not None
        frozen.send_signal(signal.SIGSTOP)
        return lambda: frozen.send_signal(signal.SIGCONT)

    @property
    def lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """SIGTERM; its status, 0 in order."""
        if self.process is None:
            return
        self.process.terminate()
        status = self.process.wait(timeout=PATIENCE)
        assert status in (0, 1), f"worker {self.name} ended with {status}"
        self.process = None


@dataclass
class Stage:
    """Of one round. senders: by campaign id, as intake gave them out."""

    story: Story
    server: Server
    uri: str
    folder: Path
    carriers: list[Carrier] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)
    senders: dict[int, str] = field(default_factory=dict)
    _connection: psycopg.Connection | None = None

    # the doors

    def run(self, *words: object) -> str:
        """What an `outbound` command that succeeds prints; one that meets a killed database is given again."""
        end = time.monotonic() + PATIENCE
        while True:
            result = CliRunner().invoke(commands, [str(word) for word in words])
            if result.exit_code == 0:
                return result.stdout
            if not isinstance(result.exception, NoDatabase | psycopg.OperationalError) or time.monotonic() > end:
                raise Stuck(f"outbound {words[0]}: {result.exception!r} {result.output}") from result.exception
            time.sleep(0.1)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Straight from the database; asked again where it was killed meanwhile."""
        while True:
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = psycopg.connect(
                        self.uri, autocommit=True, application_name="witness of the test"
                    )
                cursor = self._connection.execute(statement.encode(), values)
                return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                if self._connection is not None:
                    self._connection.close()
                time.sleep(0.05)

    def one(self, statement: str, *values: Any) -> Any:
        return self.rows(statement, *values)[0][0]

    def hold_transaction(self) -> Callable[[], None]:
        """Somebody begins to write; what ends that, if a killed database has not."""
        connection = psycopg.connect(self.uri, application_name="somebody else")
        connection.execute("select pg_current_xact_id()")
        return connection.close

    def until(self, true: Callable[[], object], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > end:
                raise Stuck(f"{what}: not within {PATIENCE:g} s; {self.situation()}")
            time.sleep(0.05)

    def situation(self) -> str:
        """What is left, for a person who has to find out why."""
        batches = self.rows("select batch_id, state, epoch_id, again from dispatch.batch where state <> 'done'")
        epochs = self.rows(
            "select epoch_id, worker, pid, ended_at is not null, (select count(*) from dispatch.intent where intent.epoch_id ="
            " epoch.epoch_id) from dispatch.epoch where settled_at is null order by 1"
        )
        progress = self.rows("select campaign_id, accepted, in_doubt, unknown, unsent from dispatch.campaign_progress")
        carriers = [carrier.status() for carrier in self.carriers]
        return f"batches {batches}, epochs {epochs}, progress {progress}, carriers {carriers}"

    def keep_logs(self) -> None:
        """What the database knows of every attempt and receipt, beside the records, for a person who has to find out why."""
        for table in (
            "attempt",
            "intent",
            "settlement",
            "receipt",
            "receipt_match",
            "receipt_unmatched",
            "dropped",
            "batch",
        ):
            rows = self.rows(f"select to_jsonb(t)::text from dispatch.{table} as t order by 1")
            (self.folder / f"{table}.jsonl").write_text("".join(f"{row}\n" for (row,) in rows))

    def tend(self) -> None:
        """Starts a worker again that began while there was no database, as a supervisor does; no other may end by itself."""
        for worker in self.workers:
            if worker.lives:
                continue
            said = worker.log.read_text().splitlines()[-1:]
            if not any("no connection to the database" in line for line in said):
                raise Stuck(f"{worker.name} ended by itself: {said}")
            worker.start()

    # set-up

    def set_up(self) -> None:
        """Carriers first, for their ports; then account, bases and opt-outs."""
        for story in self.story.carriers:
            carrier = Carrier(story, self.folder / story.name)
            self.carriers.append(carrier)
            carrier.start()
        (self.folder / "setup.yaml").write_text(yaml.safe_dump(self._setup()))
        self.run("apply", self.folder / "setup.yaml")
        base = "msisdn,consent_date\n" + "".join(f"{number},2026-01-01\n" for number in self.story.members)
        self.ingest("base.csv", base, "base")
        self.ingest("optout.csv", "msisdn\n" + "".join(f"{number}\n" for number in self.story.opted_out), "optout")

    def ingest(self, name: str, content: str, kind: str, **manifest: object) -> dict[str, Any]:
        path = self.folder / name
        path.write_text(content, "utf-8")
        if manifest:
            path.with_name(f"{name}.manifest.json").write_text(json.dumps(manifest))
        ack: dict[str, Any] = json.loads(self.run("ingest", path, "--account", "nile", "--kind", kind))
        return ack

    def send(self) -> None:
        """The campaigns, up to their acceptance."""
        for campaign in self.story.campaigns:
            content = io.StringIO()
            csv.writer(content).writerows([("msisdn", "text"), *campaign.texts.items()])
            ack = self.ingest(
                f"{campaign.sender}.csv", content.getvalue(), "campaign", sender=campaign.sender, template="{text}"
            )
            assert ack["status"] in ("accepted", "partial"), ack
            self.senders[ack["campaign_id"]] = campaign.sender

    def _setup(self) -> dict[str, Any]:
        return {
            "legal_entity": {"name": "Example Telecom", "country": "EG", "timezone": "Africa/Cairo"},
            "networks": [
                {"prefix": prefix, "operator": prefix, "country": "EG", "zone": "EG"} for prefix in ("2010", "2011")
            ],
            "connectors": [
                {
                    "name": carrier.story.name, "host": "127.0.0.1", "port": carrier.port, "system_id": "outbound",
                    "password": "secret", "routes": [carrier.story.prefix], **carrier.story.connector,
                }
                for carrier in self.carriers
            ],
            "accounts": [
                {
                    "name": "nile", "scheme": "postpaid", "currency": "EGP",
                    "senders": [{"address": c.sender, "approved": "2020-01-01"} for c in self.story.campaigns],
                    "rates": [{"zone": "EG", "from": "2020-01-01", "rate": "0.10"}],
                }
            ],
        }  # fmt: skip

    # the end

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()
        for carrier in self.carriers:
            carrier.kill()
        if self._connection is not None:
            self._connection.close()


@contextlib.contextmanager
def staged(story: Story, server: Server, folder: Path, name: str) -> Iterator[Stage]:
    """The stage of a round with a database and a home of its own, which this process and its children use."""
    folder.mkdir(parents=True)
    before = {key: os.environ.get(key) for key in ("DATABASE_URL", "OUTBOUND_HOME")}
    uri = server.clone(name)
    os.environ |= {"DATABASE_URL": uri, "OUTBOUND_HOME": str(folder / "home")}
    stage = Stage(story, server, uri, folder)
    try:
        yield stage
    finally:
        stage.close()
        for key, value in before.items():
            if value is None:
                os.environ.pop(key)
            else:
                os.environ[key] = value
        server.start()
        server.drop(name)
