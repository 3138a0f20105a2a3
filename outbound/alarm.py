"""A timer of the event loop that is exact to some microseconds: asyncio's and uvloop's know whole milliseconds only."""

import asyncio
import contextlib
import ctypes
import os
import struct
import time
from collections.abc import Callable

_CLOCK_MONOTONIC = 1  # linux/time.h
_TFD_NONBLOCK = os.O_NONBLOCK
_TFD_CLOEXEC = os.O_CLOEXEC
_TFD_TIMER_ABSTIME = 1
_libc = ctypes.CDLL(None, use_errno=True)
_itimerspec = struct.Struct("@qqqq")  # interval, value: seconds and nanoseconds each


class Alarm:
    """Calls ring() once at the instant that was set last. Instants are those of `time.monotonic`. Made inside the loop."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._at = float("inf")
        self._loop = asyncio.get_running_loop()
        self._descriptor = _libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_NONBLOCK | _TFD_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._loop.add_reader(self._descriptor, self._on_timer)

    def set(self, at: float) -> None:
        """Rings then instead of when it was set to before; soon where that is past, never where it is infinite."""
        if at == self._at or self._descriptor < 0:
            return
        self._at = at
        self._arm(0 if at == float("inf") else max(1, int(at * 1e9)))

    def close(self) -> None:
        """It rings no more, whatever is set."""
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def _arm(self, nanoseconds: int) -> None:
        value = _itimerspec.pack(0, 0, *divmod(nanoseconds, 1_000_000_000))
        if _libc.timerfd_settime(self._descriptor, _TFD_TIMER_ABSTIME, value, None) < 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def _on_timer(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._descriptor, 8)
        if time.monotonic() >= self._at:
            self._at = float("inf")
            self._ring()
