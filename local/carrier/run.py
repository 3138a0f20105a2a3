"""The simulator's process: settings from options, the listening server, the end on a signal."""

import asyncio
import contextlib
import json
import signal
from typing import Any

import click

from local.carrier.fate import Fate
from local.carrier.settings import Faults, Settings
from local.carrier.simulator import Carrier
from local.carrier.witness import Log
from outbound.errors import OutboundError
from smpp import server


class BadSetting(OutboundError):
    """An option of the simulator that means nothing."""


def run(**options: Any) -> None:
    """Serves until SIGTERM or SIGINT."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(settings(**options)))


def settings(
    *,
    accounts: list[tuple[str, str]],
    shares: list[tuple[str, str]],
    rules: list[tuple[str, str]],
    no_reference: bool,
    no_intermediate: bool,
    silent_after: int | None,
    disconnect_after: int | None,
    queue_full_every: int | None,
    garbage_after: int | None,
    **plain: Any,
) -> Settings:
    """The command line's options as settings."""
    return Settings(
        accounts=dict(accounts) or {"outbound": "secret"},
        shares={_fate(name): _percent(percent) for name, percent in shares},
        rules=tuple((digits, _fate(name)) for digits, name in rules),
        echo_reference=not no_reference,
        intermediate=not no_intermediate,
        faults=Faults(
            silent_after=silent_after,
            disconnect_after=disconnect_after,
            queue_full_every=queue_full_every,
            garbage_after=garbage_after,
        ),
        **plain,
    )


def _fate(name: str) -> Fate:
    try:
        return Fate(name)
    except ValueError:
        raise BadSetting(f"{name!r} is no fate of a message; take one of {', '.join(Fate)}") from None


def _percent(text: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise BadSetting(f"{text!r} is no percentage; take a number from 0 to 100")
    return percent / 100


async def _serve(chosen: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    log = Log(chosen.witness)
    carrier = Carrier(chosen, log)
    listening = await server.serve(
        chosen.host, chosen.port, carrier, system_id="carrier", window=chosen.window, response_timeout=chosen.resend
    )
    click.echo(json.dumps({"host": chosen.host, "port": listening.port}))
    beside = asyncio.create_task(carrier.run())
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({beside, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if beside.done():
            beside.result()
    finally:
        beside.cancel()
        await listening.close(timeout=1.0)
        carrier.write_status()
        log.close()
