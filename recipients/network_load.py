"""Loads networks and their coverage from a file: all of it or nothing (INTAKE, Network)."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
from pydantic import ValidationError

from outbound import audit, database, queries
from outbound.setup.difference import Change, difference, existing, write
from outbound.setup.model import Network
from outbound.setup.reading import explained
from outbound.setup.tables import NETWORK, networks
from recipients.listing import ACTION, Listing, WrongRow, is_removed, open_list

GUARDS = queries.load("setup/guards")
Q = queries.load("recipients/loads")

REQUIRED = ("prefix", "operator", "country", "zone")
OPTIONAL = ("covered",)
_KIND = NETWORK._replace(columns=("zone", "covered"))  # what else a network says stays as the set-up has it
_YES_NO = {"true": True, "yes": True, "1": True, "": True, "false": False, "no": False, "0": False}


class Loaded(NamedTuple):
    """load: full or delta. ported_without_network: ported numbers whose operator has no network now."""

    load: str
    rows: int
    changes: list[Change]
    ported_without_network: int


def load(path: Path, *, dry_run: bool = False) -> Loaded:
    """A full list is all that there is of the countries it names; a delta adds and removes prefixes. Raises WrongList.

    A prefix that goes to another operator becomes another network: messages that were accepted keep theirs.
    """
    listing = open_list(path, REQUIRED, OPTIONAL)
    with database.connect("operator") as connection:
        connection.execute(GUARDS.lock)
        there = existing(connection, _KIND)
        prefixes = {key[0] for key in there}
        named, wanted, lines = _read(listing, prefixes)
        countries = {one.country for one in wanted.values()}
        before = {
            key: row for key, row in there.items() if key[0] in named or (not listing.is_delta and key[2] in countries)
        }
        changes = difference(_KIND, before, networks(wanted.values(), _KIND))
        write(connection, changes)
        found = Loaded("delta" if listing.is_delta else "full", lines, changes, _stranded(connection))
        _record(connection, path, found)
        if dry_run:
            connection.rollback()
        else:
            connection.execute(GUARDS.wake)
    return found


def _read(listing: Listing, there: set[str]) -> tuple[dict[str, int], dict[str, Network], int]:
    """Every prefix that is named, with its line; the networks that are wanted, by prefix; how many rows there are."""
    named: dict[str, int] = {}
    wanted: dict[str, Network] = {}
    rows = 0
    for line, fields in listing.rows():
        rows += 1
        row = dict(zip(listing.columns, fields, strict=True))
        try:
            prefix = row["prefix"]
            if prefix in named:
                raise WrongRow(f"prefix {prefix!r} stands in line {named[prefix]} already")  # noqa: TRY301
            named[prefix] = line
            if not listing.is_delta or not is_removed(row[ACTION]):
                wanted[prefix] = _network(row)
            elif prefix not in there:
                raise WrongRow(f"prefix {prefix!r} cannot be removed: there is no such network")  # noqa: TRY301
        except WrongRow as wrong:
            listing.mistakes.add(line, str(wrong))
    if not rows:
        listing.mistakes.add(1, "there is no row below the header: a list of nothing is not loaded")
    listing.mistakes.refuse()
    return named, wanted, rows


def _network(row: dict[str, str]) -> Network:
    covered = _YES_NO.get(row["covered"].casefold())
    if covered is None:
        raise WrongRow(f"covered is {row['covered']!r}: write true or false")
    try:
        return Network.model_validate({name: row[name] for name in REQUIRED} | {"covered": covered})
    except ValidationError as error:
        raise WrongRow("; ".join(_words(error, row))) from None


def _words(error: ValidationError, row: dict[str, str]) -> Iterator[str]:
    for detail in error.errors(include_url=False):
        for problem in explained(detail):
            name = str(problem.place[0])
            yield f"{name} {problem.message}" if row[name] else f"{name} is empty"


def _stranded(connection: psycopg.Connection) -> int:
    row = connection.execute(Q.ported_without_network).fetchone()
    return int(row[0]) if row else 0


def _record(connection: psycopg.Connection, path: Path, found: Loaded) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    detail = [{"change": one.verb, "key": list(one.key), "fields": one.fields} for one in found.changes]
    audit.record(
        connection, "load networks", None, path.name, {"load": found.load, "sha256": digest, "changes": detail}
    )
