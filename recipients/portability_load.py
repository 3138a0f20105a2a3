"""Loads ported numbers from a file of any length: streamed, applied set by set, all of it or nothing (INTAKE, Network)."""

import hashlib
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psycopg

from outbound import audit, database, queries
from recipients.listing import ACTION, Listing, WrongRow, is_removed, open_list
from recipients.networks import Network, Networks
from recipients.networks import Q as NETWORKS

GUARDS = queries.load("setup/guards")
Q = queries.load("recipients/loads")

REQUIRED = ("msisdn", "operator")
OPTIONAL = ("country",)
_LOT = 10_000  # rows that are looked at together
_COLUMNS = ("line", "msisdn", "operator", "country", "is_removed")
_E164 = re.compile(r"\+?([1-9][0-9]{6,14})")

Incoming = tuple[int, int, str | None, str | None, bool]


class Loaded(NamedTuple):
    """load: full or delta. countries: whose numbers a full list replaced. The counts are of numbers, but for rows."""

    load: str
    rows: int
    countries: list[str]
    added: int
    changed: int
    removed: int
    unchanged: int


def load(path: Path, *, dry_run: bool = False) -> Loaded:
    """A full list is all that there is of the countries its numbers are of; a delta adds and removes numbers.

    The last row of a number counts. A number's country is the one it names, else that of its prefix; its operator must
    have a network there. Raises WrongList.
    """
    listing = open_list(path, REQUIRED, OPTIONAL)
    with database.connect("operator") as connection:
        connection.execute(GUARDS.lock)
        known = Networks(Network(*row) for row in connection.execute(NETWORKS.networks))
        connection.execute(Q.make_incoming)
        with connection.cursor() as cursor:
            rows = database.copy_in(cursor, "incoming_ported", _COLUMNS, _incoming(listing, known))
        if not rows and not listing.mistakes.count:
            listing.mistakes.add(1, "there is no row below the header: a list of nothing is not loaded")
        listing.mistakes.refuse()
        found = _apply(connection, listing, rows)
        _record(connection, path, found)
        if dry_run:
            connection.rollback()
    return found


def _incoming(listing: Listing, known: Networks) -> Iterator[Incoming]:
    """The rows that can be loaded; the others become mistakes."""
    operators = {(network.operator, network.country) for network in known.rows}
    source = listing.rows()
    while lot := list(islice(source, _LOT)):
        written = [_E164.fullmatch(fields[0]) for _, fields in lot]
        msisdns = np.array([int(match[1]) if match else 0 for match in written], np.int64)
        homes = known.of_many(msisdns).tolist()
        for (line, fields), msisdn, home in zip(lot, msisdns.tolist(), homes, strict=True):
            row = dict(zip(listing.columns, fields, strict=True))
            try:
                yield _row(line, row, msisdn, known.rows[home] if home >= 0 else None, operators, listing.is_delta)
            except WrongRow as wrong:
                listing.mistakes.add(line, str(wrong))


def _row(
    line: int, row: dict[str, str], msisdn: int, home: Network | None, operators: set[tuple[str, str]], is_delta: bool
) -> Incoming:
    """home: the network of the number's prefix. operators: (operator, country) of every network."""
    if not msisdn:
        raise WrongRow("msisdn is no E.164 number: write 7 to 15 digits with the country's code, as in +201001234567")
    if is_delta and is_removed(row[ACTION]):
        return line, msisdn, None, None, True
    operator, country = row["operator"], row["country"].upper() or (home.country if home else "")
    if not operator:
        raise WrongRow("operator is empty")
    if not country:
        raise WrongRow("no network has the number's prefix: name its country, in a column `country`")
    if home is not None and home.country != country:
        raise WrongRow(f"country is {country}, and the number's prefix is of {home.country}")
    if (operator, country) not in operators:
        there = ", ".join(sorted(name for name, where in operators if where == country)) or "none"
        raise WrongRow(f"operator {operator!r} has no network in {country}: there is {there}; load the networks first")
    return line, msisdn, operator, country, False


def _apply(connection: psycopg.Connection, listing: Listing, rows: int) -> Loaded:
    connection.execute(Q.make_wanted)
    connection.execute(Q.index_wanted)
    connection.execute(Q.analyze_wanted)
    counted = connection.execute(Q.wanted).fetchone()
    count, countries = counted if counted is not None else (0, [])
    remove = Q.remove_named if listing.is_delta else Q.remove_missing
    removed = connection.execute(remove, {"countries": countries}).rowcount
    changed = connection.execute(Q.change_ported).rowcount
    added = connection.execute(Q.add_ported).rowcount
    is_delta = listing.is_delta
    return Loaded(
        load="delta" if is_delta else "full",
        rows=rows,
        countries=[] if is_delta else countries,
        added=added,
        changed=changed,
        removed=removed,
        unchanged=count - added - changed,
    )


def _record(connection: psycopg.Connection, path: Path, found: Loaded) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    audit.record(connection, "load portability", None, path.name, found._asdict() | {"sha256": digest})
