"""`outbound up` runs the platform, and Ctrl-C ends every process of it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from local.ports import free_port
from tests.leftovers import processes_of


def test_ctrl_c_ends_every_process_and_keeps_the_state() -> None:
    with tempfile.TemporaryDirectory(prefix="outbound-up-") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "home"
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        with (Path(folder) / "log").open("w") as log:
            platform = subprocess.Popen(
                [Path(sys.executable).with_name("outbound"), "up", "--carrier-port", str(free_port())],
                env=environment | {"OUTBOUND_HOME": str(home), "OUTBOUND_PG_FSYNC": "off"},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert platform.stdout is not None
        lines = []
        for line in platform.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        assert any(line.startswith("Airflow") for line in lines), (Path(folder) / "log").read_text()
        (portal,) = (line.split()[1] for line in lines if line.startswith("portal"))
        with urllib.request.urlopen(f"{portal}/sign-in", timeout=30) as page:
            assert b"Outbound" in page.read()
        assert len(processes_of(home)) > 6

        os.killpg(platform.pid, signal.SIGINT)
        platform.wait(timeout=60)
        platform.stdout.close()
        time.sleep(0.2)

        assert platform.returncode == 0
        assert processes_of(home) == []
        assert (home / "postgres" / "data" / "PG_VERSION").exists()
