"""One platform a home, and a port that is taken is said to be."""

import os
import socket
from pathlib import Path

import pytest

from local.platform import AlreadyRuns, Platform, PortInUse, alone
from local.ports import kept_port, usable_port
from local.supervisor import Supervisor
from outbound.settings import Settings


def test_a_second_platform_of_a_home_is_refused_by_name(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(AlreadyRuns, match=f"process {os.getpid()}"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


def test_another_home_is_free(tmp_path: Path) -> None:
    with alone(tmp_path / "one"), alone(tmp_path / "two"):
        pass


def test_a_port_in_use_is_named_and_a_kept_one_moves(tmp_path: Path) -> None:
    note = tmp_path / "port"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        note.write_text(str(port))
        with Supervisor() as supervisor, pytest.raises(PortInUse, match=str(port)):
            Platform(Settings(home=tmp_path, database_url=None), supervisor).start_carrier(port)
        assert usable_port(note) != port
        assert kept_port(note) != port
