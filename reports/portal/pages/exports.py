"""Every table that `outbound export` knows, as CSV: the same rows, with numbers of subscribers masked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import psycopg
from fastapi import APIRouter, HTTPException, Request, Response
from psycopg import sql

from outbound.errors import OutboundError
from outbound.queries import load
from reports import catalogue
from reports.portal.access import Finance, Reading
from reports.portal.commands import Outcome
from reports.portal.listing import csv_response
from reports.portal.navigation import Entry
from reports.portal.reading import Reader, engine
from reports.portal.rendering import page
from reports.portal.tones import N_

router = APIRouter()
MENU = [Entry(N_("Exports"), "/exports", ("finance", "manager"))]
Q = load("portal/finance_deeds")
_NUMBERS = frozenset({"msisdn"})


@router.get("/exports")
def exports(request: Request, visitor: Finance, reader: Reading) -> Response:
    return _page(request, reader)


@router.get("/exports/{table}")
def export(
    request: Request, visitor: Finance, reader: Reading, table: str, account: str = "", month: str = ""
) -> Response:
    """The rows, of an account and a month where they are named. A table that was not built yet is said to be so."""
    with _catalogue() as connection:
        try:
            statement = catalogue.a_part(connection, table, account or None, month or None)
        except catalogue.UnknownTable:
            raise HTTPException(404) from None
        except OutboundError as error:
            return _page(request, reader, Outcome(False, str(error)))
        shape = connection.execute(sql.SQL("select * from ({}) as exported limit 0").format(statement))
        heads = [column.name for column in shape.description or ()]
        rows = statement.as_string(connection).replace("%", "%%")
    return csv_response(table, heads, reader.stream(rows), _NUMBERS)


@contextmanager
def _catalogue() -> Iterator[psycopg.Connection]:
    """A connection of the pool, as the catalogue takes it."""
    with engine("reporting").begin() as pooled:
        yield cast("psycopg.Connection", pooled.connection.driver_connection)


def _page(request: Request, reader: Reader, outcome: Outcome | None = None) -> Response:
    with _catalogue() as connection:
        tables = catalogue.available(connection)
    return page(
        request, reader.visitor, "exports.html", 200 if outcome is None else 422,
        tables=tables, names=[row["name"] for row in reader.rows(Q.names)], asked=request.query_params, outcome=outcome,
    )  # fmt: skip
