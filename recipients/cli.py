"""`outbound network` and `outbound portability`: whose a number is, loaded from files. The operator's, no customer's."""

from pathlib import Path

import click

from outbound.cli import emit

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group(short_help="Load networks and their coverage from a file.")
def network() -> None:
    """Which operator and country a prefix belongs to, whether we reach it, and the zone it is priced by."""


@network.command("load", short_help="Load networks and their coverage from a file.")
@click.argument("file", type=_FILE)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
def load_networks(file: Path, dry_run: bool, as_json: bool) -> None:
    """Loads FILE, a CSV with a header line, and says what that changed: all of it or nothing.

    \b
    prefix    E.164 digits without +, as in 2010; the longest that matches a number wins
    operator  whose numbers they are
    country   two capital letters, as in EG
    zone      what they are priced by
    covered   true or false; NOT_COVERED where false (optional, default true)
    action    add or remove (optional): then the file is a delta, and remove needs the prefix alone

    Without the column `action` the file is all there is of the countries that it names; other countries stay as they
    are. Campaigns that were accepted keep the networks that they have. A mistake is named with its line, and then
    nothing is loaded. Write the change into the set-up file too: `outbound apply` makes the networks what it says.
    """
    from outbound.setup.cli import print_changes, told
    from recipients.network_load import load

    found = load(file, dry_run=dry_run)
    changes = [(None, change) for change in found.changes]
    if as_json:
        emit({**found._asdict(), "dry_run": dry_run, "changes": told(changes)}, as_json=True)
        return
    print_changes(changes, dry_run)
    if found.ported_without_network:
        click.echo(f"{found.ported_without_network} ported numbers are of operators without a network: NOT_COVERED")


@click.group(short_help="Load ported numbers from a file.")
def portability() -> None:
    """Numbers that took another operator than the one of their prefix."""


@portability.command("load", short_help="Load ported numbers from a file.")
@click.argument("file", type=_FILE)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def load_portability(file: Path, dry_run: bool, as_json: bool) -> None:
    """Loads FILE, a CSV with a header line, and says what that changed: all of it or nothing.

    \b
    msisdn    E.164 digits, with or without +
    operator  the one that the number is with now, named as its networks are
    country   two capital letters (optional): else the country of the number's prefix
    action    add or remove (optional): then the file is a delta, and remove needs the number alone

    Without the column `action` the file is all there is of the countries that its numbers are of. Campaigns that were
    accepted keep the networks that they have. A mistake is named with its line, and then nothing is loaded. Files of
    millions of numbers are streamed.
    """
    from recipients.portability_load import load

    emit({"dry_run": dry_run, **load(file, dry_run=dry_run)._asdict()}, as_json)
