"""A month's ledger as a journal for an accounting system: numbered without a gap, in the codes of the entity's own books."""

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

import psycopg

from billing.closing import first_day
from outbound import database, queries
from outbound.errors import OutboundError

Q = queries.load("billing/journal")

BLOCK = 5_000
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_TOLD = 5


class NoJournal(OutboundError):
    """A month's journal cannot be written: why, and what to do."""


def write(month: str, path: Path, *, entity: str | None = None) -> dict[str, Any]:
    """Writes the journal of a closed month, the same bytes every time; gives `{"journal_entries", "totals", ...}`.

    totals: `{"currency", "debit", "credit"}` for each currency that its accounts have. entity: whose, where there is
    more than one. Raises NoJournal.
    """
    first_day(month)
    part = path.with_name(f".{path.name}.part")
    with database.connect("billing") as connection:
        legal_entity, name = _entity(connection, entity)
        which = {"entity": legal_entity, "month": month}
        _nothing_stands_against(connection, which, name)
        try:
            with part.open("w", encoding="utf-8-sig", newline="") as file:
                entries, totals = _written(connection, which, file)
            for one in totals:
                if one["debit"] != one["credit"]:
                    raise NoJournal(
                        f"{month}: the debits of {name} are {one['debit']} {one['currency']} and its credits"
                        f" {one['credit']}: run `outbound reconcile`"
                    )
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return {
        "legal_entity": name,
        "month": month,
        "journal_entries": entries,
        "file": str(path),
        "totals": totals,
    }


def _entity(connection: psycopg.Connection, name: str | None) -> tuple[int, str]:
    found = connection.execute(Q.entities, {"name": name}).fetchall()
    if len(found) == 1:
        return int(found[0][0]), str(found[0][1])
    if name:
        raise NoJournal(f"no legal entity is called {name!r}")
    raise NoJournal("name the legal entity with --entity: there are " + (", ".join(row[1] for row in found) or "none"))


def _nothing_stands_against(connection: psycopg.Connection, which: dict[str, Any], name: str) -> None:
    built = connection.execute(Q.is_built).fetchone()
    if built is None or not built[0]:
        raise NoJournal("nothing has been built yet: run `outbound build`")
    still_open = [row[0] for row in connection.execute(Q.open_accounts, which)]
    if still_open:
        raise NoJournal(
            f"{which['month']} is still open for {', '.join(still_open)}, so that its journal can change:"
            f" outbound close-month {which['month']}"
        )
    wrong = [row[0] for row in connection.execute(Q.unbalanced, which)]
    if wrong:
        raise NoJournal(f"{name}: {'; '.join(wrong[:_TOLD])} do not balance: run `outbound reconcile`")


def _written(connection: psycopg.Connection, which: dict[str, Any], file: TextIO) -> tuple[int, list[dict[str, Any]]]:
    writer = csv.writer(file, lineterminator="\n")
    entries, last = 0, None
    debited: defaultdict[str, Decimal] = defaultdict(Decimal)
    credited: defaultdict[str, Decimal] = defaultdict(Decimal)
    with connection.cursor(name="journal") as cursor:
        cursor.itersize = BLOCK
        cursor.execute(Q.lines, which)
        heads = [column.name for column in cursor.description or ()]
        writer.writerow(heads)
        for row in cursor:
            one = dict(zip(heads, row, strict=True))
            entries += one["journal"] != last
            last = one["journal"]
            debited[one["currency"]] += one["debit"]
            credited[one["currency"]] += one["credit"]
            writer.writerow([_cell(value) for value in row])
    return entries, [
        {"currency": currency, "debit": debited[currency], "credit": credited[currency]} for currency in sorted(debited)
    ]


def _cell(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_DANGEROUS) else text
