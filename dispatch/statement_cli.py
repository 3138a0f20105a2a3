"""`outbound statement`: what a carrier says it accepted."""

from pathlib import Path

import click

from outbound.cli import emit


@click.group(short_help="Carriers' statements: settle what is in doubt, find differences.")
def command() -> None:
    """What a carrier says it accepted, beside what our log says."""


@command.command(short_help="Load a carrier's statement.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--connector", required=True, metavar="NAME", help="Whose statement it is.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def load(file: Path, connector: str, as_json: bool) -> None:
    """Loads FILE, a CSV with a header line, one line for each segment that the carrier accepted.

    \b
    message_id   the carrier's id, in the form of its receipts
    destination  the subscriber
    source       the sender (optional)
    reference    user_message_reference (optional)
    accepted_at  ISO 8601, UTC without an offset (optional)

    Attempts in doubt, and those given up as unknown, that the statement proves become accepted, and are charged. What
    one side has and the other has not is listed; our accepted segments are compared within the statement's times,
    so only where it has accepted_at. Loading a statement again changes nothing.
    """
    from dispatch.statement import settle

    result = settle(file, connector)
    if as_json:
        emit(result, as_json=True)
        return
    differences = result.pop("differences")
    emit(result, as_json=False)
    if differences:
        click.echo()
        emit(differences, as_json=False)
