"""Finds what still runs for a home, whatever it calls itself by now."""

import os
from pathlib import Path


def processes_of(home: Path) -> list[int]:
    """By the environment, and by open files: a process that wrote a title over its environment still has its log."""
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and int(entry.name) != os.getpid() and (_is_told(entry, home) or _has_open(entry, home))
    ]


def _is_told(process: Path, home: Path) -> bool:
    try:
        return f"OUTBOUND_HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _has_open(process: Path, home: Path) -> bool:
    try:
        return any(str(descriptor.readlink()).startswith(f"{home}/") for descriptor in (process / "fd").iterdir())
    except OSError:
        return False
