"""`outbound maintenance`: what is announced is not missed, if it is announced 72 hours ahead (SLA S1)."""

from datetime import datetime

import click

from outbound.cli import INSTANT, emit

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(short_help="Announce maintenance of carriers' sessions.")
def command() -> None:
    """Maintenance of the sessions with carriers, of one connector or of all.

    Minutes without a session are left out of session availability (SLA S1) where they were announced at least 72 hours
    before they began. What is on record stays there.
    """


@command.command(short_help="Put maintenance on record, 72 hours ahead.")
@click.option(
    "--from", "starts_at", type=INSTANT, required=True, metavar="INSTANT", help="ISO 8601; without an offset it is UTC."
)
@click.option("--until", "ends_at", type=INSTANT, required=True, metavar="INSTANT", help="Its end, exclusive.")
@click.option("--connector", metavar="C", help="Default: every connector.")
@click.option("--reason", required=True, help="What customers are told.")
@_as_json
def announce(starts_at: datetime, ends_at: datetime, connector: str | None, reason: str, as_json: bool) -> None:
    """Announces maintenance. Less than 72 hours ahead it is on record and leaves nothing out: `counts` is false.

    \b
    outbound maintenance announce --from 2026-12-05T01:00+02:00 --until 2026-12-05T03:00+02:00 --reason "carrier upgrade"
    """
    from dispatch import maintenance

    emit(maintenance.announce(connector, starts_at, ends_at, reason), as_json)


@command.command(short_help="Take back what has not begun.")
@click.argument("announcement", type=int, metavar="ID")
@_as_json
def withdraw(announcement: int, as_json: bool) -> None:
    """Takes announcement ID back before it begins."""
    from dispatch import maintenance

    emit(maintenance.withdraw(announcement), as_json)


@command.command(name="list", short_help="What is announced.")
@click.option("--all", "over", is_flag=True, help="What has ended too.")
@_as_json
def list_command(over: bool, as_json: bool) -> None:
    """Lists what is announced and not over, and whether its minutes are left out."""
    from dispatch import maintenance

    emit(maintenance.announced(over=over), as_json)
