"""`outbound up`: the platform until it is told to end."""

import signal
import threading

import click

from local import airflow, postgres
from local.platform import Platform
from local.ports import kept_port
from local.supervisor import Supervisor
from outbound import database, logs
from outbound.settings import settings


def run(carrier_port: int | None, workers: int) -> None:
    """Returns once SIGINT or SIGTERM came and everything has ended."""
    logs.to_stderr()
    configured = settings()
    ending = threading.Event()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    try:
        database.url()
        with Supervisor() as supervisor:
            platform = Platform(configured, supervisor)
            platform.start_airflow_preparation()
            simulated = carrier_port or _demo_port(platform)
            if simulated:
                platform.start_carrier(simulated)
            for n in range(1, workers + 1):
                platform.start_worker(f"worker-{n}")
            platform.start_airflow(ending)
            platform.wait_ready(ending)
            if not ending.is_set():
                _say_where(platform, simulated)
            ending.wait()
            click.echo("ending ...")
    finally:
        if configured.database_url is None:
            postgres.stop(configured.home)


def _demo_port(platform: Platform) -> int | None:
    note = platform.carrier / "port"
    return kept_port(note) if note.exists() else None


def _say_where(platform: Platform, simulated: int | None) -> None:
    user, password = airflow.login(platform.settings)
    click.echo(f"Airflow     {airflow.url(platform.settings)}  user {user}  password {password}")
    click.echo('database    psql "$(outbound db url)"')
    if simulated:
        click.echo(f"carrier     127.0.0.1:{simulated} (simulated, no real SMS)")
    click.echo(f"logs        {platform.settings.home / 'logs'}")
    click.echo("try         outbound status; outbound drop FILE --account NAME")
    click.echo("Ctrl-C ends everything; the state is kept.")
