"""The process of a dispatch worker: its event loop, its signals, its log."""

import asyncio
import signal

import psycopg
import uvloop

from dispatch.desk import reason
from dispatch.idle import Idle
from dispatch.worker import Worker
from outbound import logs
from outbound.errors import OutboundError


class WorkerFailed(OutboundError):
    """The worker met something that it cannot overcome: what, and that another start goes on where it ended."""


def run(name: str, *, until_idle: bool) -> None:
    """Until SIGTERM or Ctrl-C, or until nothing is left to do."""
    logs.to_stderr()
    uvloop.run(_work(name, Idle() if until_idle else None))


async def _work(name: str, idle: Idle | None) -> None:
    worker = Worker(name, idle=idle)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, worker.stop)
    try:
        await worker.run()
    except psycopg.Error as error:
        raise WorkerFailed(
            f"worker {name} ended: {reason(error)} ({type(error).__name__}). "
            "Nothing is lost: correct the cause and start it again"
        ) from None
