"""The platform of the story: set up by `outbound apply`, run by `outbound up`, with its credentials in the environment."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local import postgres
from local.demo.runs import Runs
from outbound.landing.login import variable
from outbound.settings import Settings
from tests.acceptance.turnaround.made import ACCOUNTS
from tests.integration.landing.ssh_server import Server

COMMAND = str(Path(sys.executable).with_name("outbound"))


class StoryFailed(Exception):
    """The story did not come to its end: why, and where the logs are."""


@dataclass(frozen=True)
class Platform:
    """Of one home, and the SFTP server on which its accounts have their landing zones."""

    home: Path
    server: Server

    @property
    def runs(self) -> Runs:
        return Runs(Settings(self.home, None))

    def call(self, *words: str) -> str:
        """What an `outbound` command printed."""
        done = subprocess.run(
            [COMMAND, *words], env=self._environment(), capture_output=True, text=True, check=False
        )  # fmt: skip
        if done.returncode:
            raise StoryFailed(f"`outbound {' '.join(words)}` failed: {done.stdout}{done.stderr}")
        return done.stdout

    def set_up(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        plan = self.home / "setup.yaml"
        plan.write_text(_set_up(self.server))
        self.call("apply", str(plan))

    @contextmanager
    def up(self) -> Iterator[None]:
        """Nothing of it runs any more afterwards. Messages stay queued: no carrier is part of the story."""
        log = self.home / "logs" / "up.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("w") as errors, subprocess.Popen(
            [COMMAND, "up", "--workers", "0"], env=self._environment(), stdout=subprocess.PIPE, stderr=errors, text=True,
            start_new_session=True,
        ) as process:  # fmt: skip
            try:
                if not any(line.startswith("Ctrl-C") for line in process.stdout or ()):
                    raise StoryFailed(f"the platform did not start:\n{log.read_text()}")
                yield
            finally:
                os.killpg(process.pid, signal.SIGINT)
                process.wait(60)

    def ended(self) -> None:
        """Ends the database of a story that came no further than its set-up."""
        postgres.stop(self.home)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        logins = {
            variable(account, name): str(value)
            for account in ACCOUNTS
            for name, value in (("key_file", self.server.key_file), ("known_hosts", self.server.known_hosts))
        }
        return kept | logins | {"OUTBOUND_HOME": str(self.home)}


def _set_up(server: Server) -> str:
    accounts = "".join(
        f"""
  - name: {account}
    scheme: postpaid
    currency: EGP
    vat_rate: "0.14"
    default_region: EG
    landing: {server.url}/{account}
    senders: [{{address: {account.upper()}, approved: 2020-01-01}}]
    defaults: {{sender: {account.upper()}}}
    rates: [{{zone: EG, from: 2020-01-01, to: null, from_unit: 1, rate: "0.20"}}]
    tier_mode: graduated
    tier_scope: zone"""
        for account in ACCOUNTS
    )
    return f"""
legal_entity: {{name: Example Telecom, country: EG, timezone: Africa/Cairo, tax_id: "100-200-300"}}
networks: [{{prefix: "2010", operator: Vodafone EG, country: EG, zone: EG}}]
accounts:{accounts}
"""
