"""The simulator's process: the listening server, the end on a signal."""

import asyncio
import contextlib
import json
import signal
import ssl
from typing import Any

import click

from local.carrier.options import settings
from local.carrier.settings import Settings
from local.carrier.simulator import Carrier
from local.carrier.witness import Log
from smpp import server
from smpp.timers import ENQUIRE_LINK


def run(**options: Any) -> None:
    """Serves until SIGTERM or SIGINT."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(settings(**options)))


def _tls(chosen: Settings) -> ssl.SSLContext | None:
    if chosen.tls is None:
        return None
    from local.carrier import certificate  # which brings a whole library, that a carrier in the clear starts without

    return certificate.context(chosen.tls, chosen.host)


async def _serve(chosen: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tls = _tls(chosen)
    log = Log(chosen.witness)
    carrier = Carrier(chosen, log)
    listening = await server.serve(
        chosen.host, chosen.port, carrier, system_id="carrier", window=chosen.window,
        response_timeout=chosen.receipts.resend,
        enquire_link=ENQUIRE_LINK if chosen.faults.half_open_after is None else None,  # a host that is gone asks nothing
        tls=tls,
    )  # fmt: skip
    carrier.write_status()  # whoever reads the line below finds it
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
