"""Which boot of which machine this is, and a clock that also runs while the machine sleeps."""

import socket
import time
from functools import cache
from pathlib import Path


@cache
def boot_id() -> str:
    """Another one after each start of the machine: what was proven by a lock on the old boot is proven no more."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


@cache
def host() -> str:
    return socket.gethostname()


def boottime() -> float:
    """Seconds since the boot, sleep included: a lease runs on while this machine does not."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
