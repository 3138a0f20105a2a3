"""`outbound demo`: the main job on this machine, end to end, with invented customers and a simulated carrier."""

import signal
import sys
from typing import Any

import click


@click.command(short_help="The main job end to end, against a simulated carrier.")
@click.option("--kill", is_flag=True, help="kill -9 the dispatch worker while it sends.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(kill: bool, as_json: bool) -> None:
    """Sets up three accounts with a year behind them, starts the platform, drops bases, opt-outs and five campaigns of
    25,000 recipients, and judges the books by the carrier's own record once everything has ended.

    Exit status 0 only if the books agree: what the carrier accepted is what was logged and charged, nobody outside a
    base and nobody who opted out was sent, every text arrived once. Run again it sends a new batch. Everything that it
    starts ends with it; its state is kept, and `outbound up` goes on with it.
    """
    from local.demo import running, telling
    from local.demo.stopwatch import Stopwatch
    from outbound import logs
    from outbound.cli import emit
    from outbound.settings import settings

    configured = settings()
    signal.signal(signal.SIGTERM, _interrupted)
    logs.to_file(configured.home / "logs" / "demo.log")
    watch = Stopwatch(say=lambda line: click.echo(line, err=True))
    told = running.run(configured, watch, kill=kill)
    if as_json:
        emit(telling.data(told), as_json=True)
    else:
        for line in telling.summary(told, running.results(configured.home)):
            click.echo(line)
    if not told.agrees:
        sys.exit(1)


def _interrupted(*_: Any) -> None:
    raise KeyboardInterrupt
