"""Lists: filters and place held in the address, pages by key, and all of it as CSV.

A module of pages declares a Listing once; its route answers with `respond`. The rows come from a named query, which gives
the columns and may use the parameters of the filters.
"""

import base64
import binascii
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import RowMapping

from outbound.masking import mask
from reports import cells
from reports.portal.reading import Reader
from reports.portal.rendering import page

PAGE = 50


@dataclass(frozen=True)
class Column:
    """kind: text, number, money (its currency in `currency_from`), rate, percent, instant, day, state, msisdn (masked, in the CSV too).
    href: a format of the row's columns, such as "/campaigns/{campaign}"."""

    name: str
    title: str
    kind: str = "text"
    href: str | None = None
    currency_from: str = "currency"


@dataclass(frozen=True)
class Filter:
    """choices: value -> words; without them any text is taken. The query gets the value as %(name)s, null where not chosen."""

    name: str
    title: str
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """query: a statement without an order. key: columns, none of them null, that order its rows and tell them apart, the latest
    first unless ascending. name: of the CSV."""

    name: str
    query: str
    columns: Sequence[Column]
    key: Sequence[str]
    empty: str
    filters: Sequence[Filter] = ()
    ascending: bool = False

    def respond(
        self, request: Request, reader: Reader, template: str, values: Mapping[str, Any] | None = None, **context: Any
    ) -> Response:
        """The page, or with ?format=csv the rows that the filters let through, all of them."""
        asked = self.asked(request) | dict(values or {})
        if request.query_params.get("format") == "csv":
            return self._csv(reader, asked)
        shown = self.read(request, reader, values)
        return page(request, reader.visitor, template, list=shown, **context)

    def asked(self, request: Request) -> dict[str, str | None]:
        """What the filters are set to. A value that is none of the choices is as none."""
        found: dict[str, str | None] = {}
        for one in self.filters:
            value = request.query_params.get(one.name) or None
            found[one.name] = value if value is None or not one.choices or value in one.choices else None
        return found

    def read(self, request: Request, reader: Reader, values: Mapping[str, Any] | None = None) -> "Shown":
        """One page of it, for a template that shows more than the list."""
        asked = self.asked(request)
        after = _place(request.query_params.get("after"), len(self.key))
        rows = reader.rows(
            self._page(after is not None), {**asked, **dict(values or {}), **(after or {}), "limit": PAGE + 1}
        )
        following = _token([rows[PAGE - 1][name] for name in self.key]) if len(rows) > PAGE else None
        return Shown(self, rows[:PAGE], asked, following, is_first=after is None)

    def _page(self, goes_on: bool) -> str:
        keys = ", ".join(f"listed.{name}" for name in self.key)
        places = ", ".join(f"%(after_{n})s" for n in range(len(self.key)))
        direction, beyond = ("asc", ">") if self.ascending else ("desc", "<")
        order = ", ".join(f"listed.{name} {direction}" for name in self.key)
        where = f"where ({keys}) {beyond} ({places})" if goes_on else ""
        return f"select listed.* from ({self.query}) as listed {where} order by {order} limit %(limit)s"  # noqa: S608  names of ours

    def _csv(self, reader: Reader, values: Mapping[str, Any]) -> Response:
        order = ", ".join(f"listed.{name} {'asc' if self.ascending else 'desc'}" for name in self.key)
        rows = reader.stream(f"select listed.* from ({self.query}) as listed order by {order}", values)  # noqa: S608
        masked = {column.name for column in self.columns if column.kind == "msisdn"}
        return csv_response(self.name, [column.name for column in self.columns], rows, masked)


@dataclass(frozen=True)
class Shown:
    """One page of a list, as templates take it. following: the place after its last row; None at the end."""

    listing: Listing
    rows: Sequence[RowMapping]
    asked: Mapping[str, str | None]
    following: str | None
    is_first: bool

    @property
    def is_filtered(self) -> bool:
        return any(self.asked.values())


def csv_response(
    name: str,
    heads: Sequence[str],
    rows: Iterator[RowMapping] | Iterator[dict[str, Any]],
    masked: Set[str] = frozenset(),
) -> StreamingResponse:
    """With the mark by which spreadsheets know UTF-8, and no text that they would calculate. masked: columns of numbers."""

    def lines() -> Iterator[bytes]:
        yield b"\xef\xbb\xbf"
        line = io.StringIO(newline="")
        writer = csv.writer(line, lineterminator="\n")
        writer.writerow(heads)
        for row in rows:
            writer.writerow(
                [
                    mask(row[head]) if head in masked and row[head] is not None else cells.text(row[head])
                    for head in heads
                ]
            )
            if line.tell() > 1 << 16:
                yield line.getvalue().encode()
                line.seek(0)
                line.truncate()
        yield line.getvalue().encode()

    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)


def _token(key: Sequence[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, date | datetime) else value for value in key]
    return base64.urlsafe_b64encode(json.dumps(plain, default=str).encode()).decode().rstrip("=")


def _place(token: str | None, parts: int) -> dict[str, Any] | None:
    """The key after which the page begins. Raises 404 for what none of our pages named."""
    if token is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError, UnicodeDecodeError):
        raise HTTPException(404) from None
    if (
        not isinstance(key, list)
        or len(key) != parts
        or any(isinstance(value, list | dict) or value is None for value in key)
    ):
        raise HTTPException(404)
    return {f"after_{n}": value for n, value in enumerate(key)}
