"""A platform as dispatch sees it: accounts, connectors and accepted campaigns, put into the tables by hand."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from local.carrier import process as carrier_process
from local.carrier.process import Running
from smpp.text import segment

ROOT = Path(__file__).resolve().parents[3]
FIRST_NUMBER = 201001000000


@dataclass
class Platform:
    """Short words for what other stages do. Statements commit at once."""

    connection: psycopg.Connection
    folder: Path
    account: int = 0
    campaigns: int = 0
    workers: list["WorkerProcess"] = field(default_factory=list)

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(statement.encode(), parameters)
        return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, *parameters: Any) -> Any:
        return self.rows(statement, *parameters)[0][0]

    def until(self, true: Callable[[], object], seconds: float = 90.0) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.02)

    def open_account(self, name: str = "nile") -> int:
        entity = self.one(
            "insert into account.legal_entity (name, country, timezone) values (%s, 'EG', 'Africa/Cairo')"
            " returning legal_entity_id",
            f"{name} ltd",
        )
        return self.one(
            "insert into account.account (legal_entity_id, name, default_region, landing) values (%s, %s, 'EG', '-')"
            " returning account_id", entity, name,
        )  # fmt: skip

    def connect(self, port: int, name: str = "cairo", **columns: Any) -> int:
        """A connector; window 50 unless told otherwise, receipts without a match are tried on doubts after 0.5 s."""
        settings = {"unmatched_after": 0.5, **columns.pop("settings", {})}
        columns = {
            "name": name, "host": "127.0.0.1", "port": port, "system_id": "outbound", "window": 50,
            "password": Jsonb({"value": "secret"}), "settings": Jsonb(settings), **columns,
            "routes": Jsonb(columns.get("routes", ["20"])), "answers": Jsonb(columns.get("answers", {})),
        }  # fmt: skip
        names = ", ".join(f'"{column}"' for column in columns)
        places = ", ".join(["%s"] * len(columns))
        return self.one(
            f"insert into dispatch.connector ({names}) values ({places}) returning connector_id", *columns.values()
        )

    def accept(
        self,
        texts: Sequence[str],
        *,
        first: int = FIRST_NUMBER,
        numbers: Sequence[int] | None = None,
        batch_size: int = 5000,
        validity: str = "24 hours",
        expires_in: str | None = None,
        in_base: bool = True,
        sender: str = "NILE",
    ) -> int:
        """A campaign as acceptance leaves it: the texts go to consecutive numbers."""
        if not self.account:
            self.account = self.open_account()
        self.campaigns += 1
        numbers = numbers or range(first, first + len(texts))
        cuts = [segment(text) for text in texts]
        total = sum(len(cut) for cut in cuts)
        with self.connection.transaction():
            file = self.one(
                "insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by,"
                " stable_at) values (%s, 'campaign', %s, 1, %s, sha256(%s::text::bytea), '-', 'command', now())"
                " returning file_id",
                self.account, f"c{self.campaigns}.csv", self.campaigns, str(self.campaigns),
            )  # fmt: skip
            campaign = self.one("select nextval('intake.small_campaign')")
            self.rows(
                "insert into intake.campaign (campaign_id, account_id, file_id, name, sender, rows, messages, segments,"
                " received_at, validity, eligible_at, accepted_at, state)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s, now(), %s::interval, now(), now(), 'accepted')",
                campaign, self.account, file, f"c{self.campaigns}", sender, len(texts), len(texts), total, validity,
            )  # fmt: skip
            self.rows("select dispatch.ensure_message_partition(%s)", campaign)
            with self.connection.cursor() as cursor:
                with cursor.copy(
                    "copy dispatch.message (campaign_id, ordinal, account_id, line, msisdn, text,"
                    " encoding, segments, network_id, zone) from stdin"
                ) as copy:
                    for n, (number, text, cut) in enumerate(zip(numbers, texts, cuts, strict=True), 1):
                        label = cut.encoding.label
                        copy.write_row((campaign, n, self.account, n + 1, number, text, label, len(cut), 1, "EG"))
                if in_base:
                    cursor.executemany(
                        "insert into account.base_member (account_id, msisdn) values (%s, %s) on conflict do nothing",
                        [(self.account, number) for number in numbers],
                    )
            for start in range(0, len(texts), batch_size):
                self.rows(
                    "insert into dispatch.batch (account_id, campaign_id, first_ordinal, size, expires_at)"
                    " values (%s, %s, %s, %s, now() + %s::interval)",
                    self.account, campaign, start + 1, min(batch_size, len(texts) - start), expires_in or validity,
                )  # fmt: skip
            self.rows(
                "insert into account.reservation (campaign_id, account_id, segments) values (%s, %s, %s)",
                campaign, self.account, total,
            )  # fmt: skip
            self.rows("notify outbound_dispatch")
        return campaign

    def progress(self, campaign: int) -> dict[str, int]:
        """Figures of dispatch.campaign_progress that are not 0."""
        names = ("segments", "accepted", "in_doubt", "unknown", "rejected", "dropped", "unsent", "final_receipts")
        (row,) = self.rows(
            f"select {', '.join(names)} from dispatch.campaign_progress where campaign_id = %s", campaign
        )
        return {name: int(value) for name, value in zip(names, row, strict=True) if value}

    def state(self, campaign: int) -> str:
        return self.one("select state from intake.campaign where campaign_id = %s", campaign)

    def attempts(self) -> dict[tuple[str, bool], int]:
        """(state, transient) -> how many attempts."""
        rows = self.rows("select state::text, transient, count(*) from dispatch.attempt group by 1, 2")
        return {(state, transient): count for state, transient, count in rows}

    def dropped(self, campaign: int) -> dict[str, int]:
        """reason -> segments."""
        rows = self.rows(
            "select reason, sum(segments) from dispatch.dropped where campaign_id = %s group by reason", campaign
        )
        return {reason: int(segments) for reason, segments in rows}

    def worker(self, *options: str, name: str = "w") -> "WorkerProcess":
        """`outbound dispatch` as a process of its own."""
        worker = WorkerProcess(self.folder / f"{name}-{len(self.workers)}.log", "--worker", name, *options)
        self.workers.append(worker)
        return worker

    def run_until_idle(self) -> "WorkerProcess":
        worker = self.worker("--until-idle")
        assert worker.wait() == 0, worker.log()
        return worker


class WorkerProcess:
    def __init__(self, log: Path, *options: str) -> None:
        self._log = log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from outbound.cli import main; main()", "dispatch", *options],
                stdout=output, stderr=output, cwd=ROOT,
            )  # fmt: skip

    def wait(self, seconds: float = 60.0) -> int:
        return self.process.wait(timeout=seconds)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(timeout=60)

    def log(self) -> str:
        return self._log.read_text()

    def events(self, name: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == name]


@pytest.fixture
def platform(database: str, tmp_path: Path) -> Iterator[Platform]:
    with psycopg.connect(database, autocommit=True) as connection:
        platform = Platform(connection, tmp_path)
        yield platform
        for worker in platform.workers:
            if worker.process.poll() is None:
                worker.kill()


@pytest.fixture
def carrier(tmp_path: Path) -> Callable[..., Any]:
    """`with carrier("--option") as running`: the simulated carrier as a process."""

    @contextmanager
    def start(*options: str, name: str = "carrier", port: int = 0) -> Iterator[Running]:
        with carrier_process.start(tmp_path / name, *options, port=port) as running:
            yield running

    return start
