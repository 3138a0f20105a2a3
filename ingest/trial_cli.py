"""`outbound trial`: see a campaign on one's own telephones before it goes."""

import sys
from pathlib import Path

import click

from outbound.cli import emit

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_ACCOUNT = click.option("--account", required=True, metavar="NAME", help="Whose campaign and numbers.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(short_help="Send a row of a campaign to registered numbers first.")
def command() -> None:
    """A trial goes to the account's trial numbers, at most ten, and to nobody else.

    They are members of its base who have not opted out. A trial is a campaign of its own: it is checked, charged and
    reported like any other, and its quiet hours are kept.
    """


@command.command(short_help="Send one row of a file to the trial numbers.")
@click.argument("file", type=_FILE)
@_ACCOUNT
@click.option("--row", type=click.IntRange(min=1), default=1, show_default=True, help="Which of its rows.")
def send(file: Path, account: str, row: int) -> None:
    """Sends a row of FILE, its placeholders filled, to each trial number at once, and prints the acknowledgement as JSON.

    FILE.manifest.json beside it holds its options; its schedule, window and spread are the campaign's, not the trial's.
    The exit status is 1 where nothing can be sent (status rejected).
    """
    from ingest import trial

    ack = trial.send(file, account, row)
    emit(ack, as_json=True)
    if ack["status"] == "rejected":
        sys.exit(1)


@command.command("list", short_help="Show the trial numbers.")
@_ACCOUNT
@_JSON
def every(account: str, as_json: bool) -> None:
    """The trial numbers, masked, and whether each can be sent to."""
    from ingest import accounts, trial_numbers
    from outbound import database
    from outbound.masking import mask

    with database.connect("ingest") as connection:
        found = trial_numbers.of(connection, accounts.named(connection, account))
    emit([{"msisdn": mask(one.msisdn), "name": one.name, "state": one.state} for one in found], as_json)


@command.command(short_help="Register a trial number.")
@click.argument("msisdn")
@_ACCOUNT
@click.option("--name", required=True, help="Whose it is.")
def add(msisdn: str, account: str, name: str) -> None:
    """Registers MSISDN, a member of the account's base, for trials."""
    from ingest import trial_numbers

    click.echo(f"{trial_numbers.add(account, msisdn, name)} is a trial number")


@command.command(short_help="Take a trial number away.")
@click.argument("msisdn")
@_ACCOUNT
def remove(msisdn: str, account: str) -> None:
    """MSISDN gets no trials any more."""
    from ingest import trial_numbers

    click.echo(f"{trial_numbers.remove(account, msisdn)} is no trial number any more")
