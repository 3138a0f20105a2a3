"""Ports on the loopback address that stay the same from one start to the next."""

import secrets
import socket
from pathlib import Path

FIRST, OUTGOING = 20_000, 32_768  # from there on are Linux's ports of outgoing connections (ip_local_port_range)


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
    """One that the system gives to no outgoing connection, so that a server finds it free again when it is back."""
    while True:
        port = secrets.randbelow(OUTGOING - FIRST) + FIRST
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
