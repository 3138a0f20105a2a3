"""What carriers cost and what currencies are worth, loaded from files: all of a file or nothing."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import psycopg
from pydantic import BaseModel, ValidationError

from outbound import audit, database, queries
from outbound.errors import OutboundError
from outbound.setup import costing, costs
from outbound.setup.difference import Change, difference, existing, write
from outbound.setup.prices import BuyRate, FxRate
from outbound.setup.reading import explained
from outbound.setup.tables import FX_RATE, buy_rates, fx_rates
from recipients.listing import Listing, open_list

GUARDS = queries.load("setup/guards")
Q = queries.load("setup/costs")

Row = TypeVar("Row", bound=BaseModel)


class UnknownConnector(OutboundError):
    """There is no connector of that name: which there are."""


class Loaded(NamedTuple):
    rows: int
    changes: list[Change]


def load_buy_rates(path: Path, connector: str, *, dry_run: bool = False) -> Loaded:
    """The file is all the buy rates that there are of the connector. Raises UnknownConnector, WrongList."""
    listing = _opened(path, ("from", "currency", "rate"), ("to", "operator", "prefix", "per"))
    with database.connect("operator") as connection:
        connection.execute(GUARDS.lock)
        names = [row[0] for row in connection.execute(Q.connectors)]
        if connector not in names:
            raise UnknownConnector(f"there is no connector {connector}; there are: {', '.join(names) or 'none'}")
        read = list(_read(listing, BuyRate))
        for n, fault in costs.faults([rate for _, rate in read]):
            listing.mistakes.add(read[n][0], fault)
        operators, prefixes = connection.execute(Q.networks).fetchone() or ([], [])
        for line, rate in read:
            unknown = costs.strange(rate.network, operators or [], prefixes or [])
            if unknown:
                listing.mistakes.add(line, unknown)
        listing.mistakes.refuse()
        changes = costing.change(connection, connector, buy_rates(rate for _, rate in read))
        return _done(connection, "load buy rates", path, connector, Loaded(len(read), changes), dry_run)


def load_fx_rates(path: Path, *, dry_run: bool = False) -> Loaded:
    """Adds the file's exchange rates, and corrects those of the same day; the others stay. Raises WrongList."""
    listing = _opened(path, ("currency", "into", "from", "rate"), ())
    with database.connect("operator") as connection:
        connection.execute(GUARDS.lock)
        read = list(_read(listing, FxRate))
        lines: dict[Any, int] = {}
        for line, rate in read:
            first = lines.setdefault((rate.currency, rate.into, rate.since), line)
            if first != line:
                what = f"{rate.currency} into {rate.into} from {rate.since} stands in line {first} already"
                listing.mistakes.add(line, what)
        listing.mistakes.refuse()
        wanted = fx_rates(rate for _, rate in read)
        before = {key: row for key, row in existing(connection, FX_RATE).items() if key in wanted}
        changes = difference(FX_RATE, before, wanted)
        write(connection, changes)
        return _done(connection, "load exchange rates", path, path.name, Loaded(len(read), changes), dry_run)


def _opened(path: Path, required: tuple[str, ...], optional: tuple[str, ...]) -> Listing:
    listing = open_list(path, required, optional)
    if listing.is_delta:
        listing.mistakes.add(1, "column 'action' has no meaning here: leave it out")
        listing.mistakes.refuse()
    return listing


def _read(listing: Listing, kind: type[Row]) -> Iterator[tuple[int, Row]]:
    """(line, what it says) of each good row; the others are noted as mistakes. Empty fields are left out."""
    rows = 0
    for line, fields in listing.rows():
        rows += 1
        given = {name: field for name, field in zip(listing.columns, fields, strict=True) if field}
        try:
            yield line, kind.model_validate(given)
        except ValidationError as error:
            listing.mistakes.add(line, "; ".join(_words(error)))
    if not rows:
        listing.mistakes.add(1, "there is no row below the header: a list of nothing is not loaded")


def _words(error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_url=False):
        for problem in explained(detail):
            yield f"{problem.place[0]} {problem.message}" if problem.place else problem.message


def _done(
    connection: psycopg.Connection, action: str, path: Path, subject: str, found: Loaded, dry_run: bool
) -> Loaded:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    told = [{"change": one.verb, "key": list(one.key), "fields": one.fields} for one in found.changes]
    audit.record(connection, action, None, subject, {"file": path.name, "sha256": digest, "changes": told})
    if dry_run:
        connection.rollback()
    return found
