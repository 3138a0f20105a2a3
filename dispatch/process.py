"""The process of a dispatch worker: its event loop, its signals, its log."""

import asyncio
import signal
import traceback
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import uvloop

from dispatch.desk import reason
from dispatch.idle import Idle
from dispatch.worker import Worker
from outbound import logs
from outbound.errors import OutboundError

log = logs.logger("dispatch.process")


class WorkerFailed(OutboundError):
    """The worker met something that it cannot overcome: what, and that another start goes on where it ended."""


def run(
    name: str,
    *,
    until_idle: bool,
    http: tuple[str, int] | None = None,
    connectors: Collection[str] | None = None,
) -> None:
    """Until SIGTERM or Ctrl-C, or until nothing is left to do. http: where /healthz and /metrics are served. connectors:
    those that are served, None = all."""
    logs.to_stderr()
    uvloop.run(_work(name, Idle() if until_idle else None, http, connectors))


async def _work(name: str, idle: Idle | None, http: tuple[str, int] | None, connectors: Collection[str] | None) -> None:
    asyncio.get_running_loop().set_exception_handler(_callback_failed)
    worker = Worker(name, idle=idle, connectors=connectors)
    with _served(worker, http):
        await _run(worker, name)


@contextmanager
def _served(worker: Worker, http: tuple[str, int] | None) -> Iterator[None]:
    """The endpoint answers from before the worker has a database until after its last answer is committed."""
    if http is None:
        yield
        return
    from dispatch import endpoint, metrics

    served = endpoint.Endpoint(
        endpoint.Address(*http), metrics.registry(worker), worker.vitals.troubles, lambda: metrics.details(worker)
    )
    served.start()
    log.info("endpoint", host=http[0], port=served.port)
    try:
        yield
    finally:
        served.close()


async def _run(worker: Worker, name: str) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, worker.stop)
    try:
        await worker.run()
    except OutboundError:
        raise
    except psycopg.Error as error:
        raise WorkerFailed(
            f"worker {name} ended: {reason(error)} ({type(error).__name__}). "
            "Nothing is lost: correct the cause and start it again"
        ) from None
    except Exception as error:  # noqa: BLE001 - whatever it is, its message may quote a number or a text
        raise WorkerFailed(
            f"worker {name} ended: {told(error)}. That is a defect: report it. Nothing is lost: start it again"
        ) from None


def _callback_failed(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What asyncio would log with its message and traceback."""
    error = context.get("exception")
    log.error("unexpected", reason=told(error) if isinstance(error, Exception) else "no exception")


def told(error: Exception) -> str:
    """An unexpected error by its class and the places that it came through, innermost first, and not by its message."""
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    return f"{type(error).__name__} at {' < '.join(reversed(places[-4:])) or 'no known place'}"
