"""Files of five customers at once, through the real DAGs and real SFTP: each answered as it must be, and in time."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.turnaround import judging, story
from tests.acceptance.turnaround.running import Platform
from tests.integration.landing import ssh_server
from tests.leftovers import processes_of


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    monkeypatch.setenv("OUTBOUND_PG_FSYNC", "off")
    with tempfile.TemporaryDirectory(prefix="outbound-turnaround-") as folder:
        Path(folder).chmod(0o755)  # the database's user has to enter it
        (Path(folder) / "ssh").mkdir()
        with ssh_server.running(Path(folder) / "ssh", openssh=ssh_server.is_openssh_here()) as server:
            platform = Platform(Path(folder) / "home", server)
            yield platform
            platform.ended()


@pytest.mark.timeout(600)
def test_every_file_of_five_accounts_is_answered_once_and_in_time(platform: Platform) -> None:
    told = story.play(platform, files=2, rows=300, patience=240, scans_at_once=True)

    assert judging.differences(told) == []
    assert len(told.campaigns) == 10
    assert sum(row["good"] for row in told.sla.values()) == 15
    assert processes_of(platform.home) == []
