"""Ports on the loopback address that stay the same from one start to the next."""

import socket
from pathlib import Path


def kept_port(note: Path) -> int:
    """The port written in a file; the first time a free one is chosen and written down."""
    if note.exists():
        return int(note.read_text())
    port = free_port()
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(str(port))
    return port


def usable_port(note: Path) -> int:
    """The kept port while it is free, so that addresses noted elsewhere stay true; else a new one."""
    if not is_free(kept_port(note)):
        note.unlink()
    return kept_port(note)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
