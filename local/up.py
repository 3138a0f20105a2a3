"""`outbound up`: the platform until it is told to end."""

import signal
import threading

import click

from local import airflow, portal, postgres
from local.platform import Platform, alone
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
    with alone(configured.home):
        try:
            database.url()
            with Supervisor() as supervisor:
                _run(Platform(configured, supervisor), carrier_port, workers, ending)
        finally:
            if configured.database_url is None:
                postgres.stop(configured.home)


def _run(platform: Platform, carrier_port: int | None, workers: int, ending: threading.Event) -> None:
    platform.start_airflow_preparation()
    simulated = carrier_port or demo_carrier(platform)
    if simulated:
        platform.start_carrier(simulated)
    for n in range(1, workers + 1):
        platform.start_worker(f"worker-{n}")
    platform.start_portal()
    platform.start_airflow(ending)
    if not ending.is_set():
        _say_where(platform, simulated)
    ending.wait()
    click.echo("ending ...")


def demo_carrier(platform: Platform) -> int | None:
    """The simulator's port, if the demo's set-up is applied: a connector leads to it."""
    note = platform.carrier / "port"
    if not note.exists():
        return None
    with database.connect("operator") as connection:
        found = connection.execute(
            "select from dispatch.connector where enabled and host = '127.0.0.1' and port = %s", [kept_port(note)]
        )
        return kept_port(note) if found.fetchone() is not None else None


def _say_where(platform: Platform, simulated: int | None) -> None:
    click.echo(f"portal      {portal.url(platform.settings)}")
    if simulated:
        password = portal.let_everybody_in(platform.settings)
        for email, role, account in portal.people():
            click.echo(f"            {email}  {role}{f' of {account}' if account else ''}")
        click.echo(f"            all of them with the password {password}")
    user, password = airflow.login(platform.settings)
    click.echo(f"Airflow     {airflow.url(platform.settings)}  user {user}  password {password}")
    click.echo('database    psql "$(outbound db url)"')
    if simulated:
        click.echo(f"carrier     127.0.0.1:{simulated} (simulated, no real SMS)")
    click.echo(f"logs        {platform.settings.home / 'logs'}")
    click.echo("try         outbound status; outbound drop FILE --account NAME")
    click.echo("Ctrl-C ends everything; the state is kept.")
