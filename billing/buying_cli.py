"""`outbound buy-rates` and `outbound fx-rates`: what carriers cost, and what currencies are worth."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from billing.options import as_json, dry_run
from outbound.cli import emit

if TYPE_CHECKING:
    from billing.buying import Loaded

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group(name="buy-rates", short_help="Load what a carrier costs from a file.")
def buy_rates() -> None:
    """What carriers ask for a segment, by network and day: finance.margin sets it against what customers pay."""


@buy_rates.command("load", short_help="Load what a carrier costs from a file.")
@click.argument("file", type=_FILE)
@click.option("--connector", required=True, metavar="C", help="Whose rates they are.")
@dry_run
@as_json
def load_buy_rates(file: Path, connector: str, dry_run: bool, as_json: bool) -> None:
    """Makes FILE, a CSV with a header line, all the buy rates of connector C, and says what that changed.

    \b
    operator  whose networks the rate is for (optional), or
    prefix    first digits of its networks' prefixes (optional); neither: all networks that nothing else names
    per       submission (default): each accepted segment costs; delivery: each that was delivered (optional)
    currency  three capital letters, as in USD
    from, to  local days of the legal entity, as in 2026-01-31; to is the first day without the rate, empty: none
    rate      of one segment, without VAT, as in 0.0123

    An operator goes before a prefix, a longer prefix before a shorter one. All of the file or nothing: each mistake is
    named with its line. Write the rates into the set-up file too, or leave buy_rates out there.
    """
    from billing.buying import load_buy_rates

    _show(load_buy_rates(file, connector, dry_run=dry_run), dry_run, as_json)


@click.group(name="fx-rates", short_help="Load what currencies are worth from a file.")
def fx_rates() -> None:
    """What a currency of buy rates is worth in one of accounts, by day."""


@fx_rates.command("load", short_help="Load what currencies are worth from a file.")
@click.argument("file", type=_FILE)
@dry_run
@as_json
def load_fx_rates(file: Path, dry_run: bool, as_json: bool) -> None:
    """Adds the exchange rates of FILE, a CSV with a header line, and corrects those of the same day.

    \b
    currency  the one that carriers ask, as in USD
    into      the one that customers pay, as in EGP
    from      local day of the legal entity; the rate is in force until the next one of the two
    rate      what one unit of currency is worth

    All of the file or nothing: each mistake is named with its line. Rates that it does not name stay as they are.
    """
    from billing.buying import load_fx_rates

    _show(load_fx_rates(file, dry_run=dry_run), dry_run, as_json)


def _show(found: "Loaded", dry_run: bool, as_json: bool) -> None:
    from outbound.setup.cli import print_changes, told

    changes = [(None, change) for change in found.changes]
    if as_json:
        emit({"rows": found.rows, "dry_run": dry_run, "changes": told(changes)}, as_json=True)
    else:
        print_changes(changes, dry_run)
