"""A carrier's statement as a file: a CSV of whatever delimiter, encoding and column names, read strictly, line by line."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from outbound.errors import OutboundError
from smpp import message_id

REQUIRED = ("message_id", "destination")
OPTIONAL = ("source", "reference", "accepted_at", "status", "price", "currency")
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
# what carriers call them, in lower case and without anything but letters and digits
ALIASES = {
    "message_id": ("messageid", "msgid", "smscid", "smscmessageid", "carriermessageid", "id"),
    "destination": ("destination", "destinationaddr", "dest", "da", "msisdn", "recipient", "to", "bnumber", "number"),
    "source": ("source", "sourceaddr", "sender", "senderid", "oa", "from", "anumber", "originator"),
    "reference": ("reference", "usermessagereference", "umr", "ref"),
    "accepted_at": ("acceptedat", "submittedat", "submittime", "submitdate", "time", "timestamp", "date", "datetime"),
    "status": ("finalstatus", "deliverystatus", "dlrstatus", "messagestate", "status", "state"),
    "price": ("price", "unitprice", "cost", "charge"),
    "currency": ("currency", "currencycode", "ccy"),
}
# how it ended, in the words of SMPP receipts and of people; every other word says nothing of that
_ENDS = dict.fromkeys(("delivrd", "delivered"), True) | dict.fromkeys(
    ("undeliv", "undelivered", "undeliverable", "expired", "deleted", "rejectd", "rejected", "failed"), False
)
_PRICE = re.compile(r"\d{1,8}(\.\d{1,6})?")
_CURRENCY = re.compile("[A-Z]{3}")


class BadStatement(OutboundError):
    """A statement that cannot be read: the message says where and why. Nothing of it was loaded."""


class Line(NamedTuple):
    """A segment that the carrier accepted. ids: the normal forms that its id may stand for, the likeliest first.
    is_delivered: what the carrier says became of it; None: nothing that is final. price: what it asks for it."""

    number: int
    ids: tuple[str, ...]
    msisdn: int
    source: str | None
    reference: int | None
    accepted_at: datetime | None
    is_delivered: bool | None = None
    price: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Layout:
    """How the file is written. columns: field -> the header's name for it, where it is none of the usual ones.
    delimiter: None = the one that the header shows. time_format: of strptime, None = ISO 8601; zone: of times without
    an offset."""

    columns: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    encoding: str = "utf-8-sig"
    time_format: str | None = None
    zone: str = "UTC"


def read(file: Path, form: str, layout: Layout | None = None) -> Iterator[Line]:
    """The lines of the file; number: as an editor counts. form: the connector's `message_id_form`."""
    layout = layout or Layout()
    encoding = _encoding(file, layout.encoding)
    with file.open(encoding=encoding, newline="") as content:
        rows = None
        try:
            head = content.readline()
            delimiter = _delimiter(head, layout)
            header = next(csv.reader([head], delimiter=delimiter, strict=True), [])
            places = _places(file, header, layout)
            line = _reader(places, form, _instants(layout))
            rows = csv.reader(content, delimiter=delimiter, strict=True)
            for row in rows:
                if len(row) == len(header):
                    yield line(rows.line_num + 1, row)
                elif row:
                    raise ValueError(f"has {len(row)} fields, the header has {len(header)}")  # noqa: TRY301
        except UnicodeError:
            raise BadStatement(f"{file}{_undecodable(file, encoding)}. Nothing was loaded") from None
        except (ValueError, csv.Error) as error:
            number = rows.line_num + 1 if rows is not None else 1
            raise BadStatement(f"{file}, line {number}: {error}; nothing was loaded, correct it") from None


def _encoding(file: Path, named: str) -> str:
    """UTF-16 is told by its byte order mark."""
    with file.open("rb") as content:
        return "utf-16" if content.read(2) in (b"\xff\xfe", b"\xfe\xff") else named


def _undecodable(file: Path, encoding: str) -> str:
    """Where the first thing is that is no text."""
    hint = "name the file's encoding with --encoding"
    if encoding != "utf-16":
        with file.open("rb") as content:
            for number, line in enumerate(content, 1):
                try:
                    line.decode(encoding)
                except UnicodeDecodeError as error:
                    byte = line[error.start]
                    return f", line {number}: byte {error.start + 1}, 0x{byte:02x}, can't be read as {encoding}; {hint}"
    return f" can't be read as {encoding}; {hint}"


def _delimiter(head: str, layout: Layout) -> str:
    if layout.delimiter is not None:
        return _DELIMITERS.get(layout.delimiter, layout.delimiter)
    return max(_DELIMITERS.values(), key=head.count)


def _places(file: Path, header: list[str], layout: Layout) -> dict[str, int]:
    """field -> its column."""
    names = [_plain(name) for name in header]
    places = {}
    for wanted, aliases in ALIASES.items():
        given = layout.columns.get(wanted)
        found = [n for n, name in enumerate(names) if name == _plain(given)] if given else _by_alias(names, aliases)
        if len(found) > 1:
            raise BadStatement(
                f"{file}: the header has two columns for {wanted}; say which with --column {wanted}=NAME"
            )
        if found:
            places[wanted] = found[0]
        elif given or wanted in REQUIRED or (wanted == "accepted_at" and layout.time_format):
            there = ", ".join(name.strip() for name in header if name.strip().isprintable())
            raise BadStatement(
                f"{file}: the header lacks {given or wanted}; it has: {there}. Say which column it is with"
                f" --column {wanted}=NAME, and see --delimiter and --encoding"
            )
    return places


def _by_alias(names: list[str], aliases: tuple[str, ...]) -> list[int]:
    """The first alias that the header has; one that it has twice is ambiguous."""
    for alias in aliases:
        found = [n for n, name in enumerate(names) if name == alias]
        if found:
            return found
    return []


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _instants(layout: Layout) -> Callable[[str], datetime]:
    """Reads an instant; many lines share a second."""
    zone = ZoneInfo(layout.zone)

    @lru_cache(maxsize=100_000)
    def instant(written: str) -> datetime:
        try:
            if layout.time_format is None:
                at = datetime.fromisoformat(written)
            else:
                at = datetime.strptime(written, layout.time_format)  # noqa: DTZ007 - its zone follows
        except ValueError:
            form = layout.time_format or "2026-03-16T10:00:00Z"
            raise ValueError(
                f"accepted_at is no instant like {form}; say how it is written with --time-format"
            ) from None
        return at if at.tzinfo is not None else at.replace(tzinfo=zone)

    return instant


def _reader(
    places: Mapping[str, int], form: str, instant: Callable[[str], datetime]
) -> Callable[[int, list[str]], Line]:
    """Makes a line of a row: a million times, so what is the same for all is settled before."""
    of_id, of_destination = places["message_id"], places["destination"]
    of_source, of_reference, of_instant, of_status, of_price, of_currency = (places.get(name) for name in OPTIONAL)
    keys = message_id.receipt_keys

    def line(number: int, row: list[str]) -> Line:
        if "\0" in "".join(row):
            name = next((name for name, place in places.items() if "\0" in row[place]), "a field")
            raise ValueError(f"{name} holds a NUL")
        ids = keys(row[of_id].strip().encode(), form)
        if not ids:
            raise ValueError("message_id is empty")
        digits = row[of_destination].strip().removeprefix("+").removeprefix("00")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
            raise ValueError("destination is no international number")
        source = row[of_source].strip() if of_source is not None else ""
        reference = row[of_reference].strip() if of_reference is not None else ""
        if reference and not (reference.isascii() and reference.isdigit() and len(reference) <= 9):
            raise ValueError("reference is no number")
        at = row[of_instant].strip() if of_instant is not None else ""
        return Line(
            number, ids, int(digits), source or None, int(reference) if reference else None, instant(at) if at else None,
            None if of_status is None else _ENDS.get(row[of_status].strip().casefold()),
            None if of_price is None else _price(row[of_price].strip()),
            None if of_currency is None else _currency(row[of_currency].strip()),
        )  # fmt: skip

    return line


def _price(written: str) -> Decimal | None:
    if written and not _PRICE.fullmatch(written):
        raise ValueError("price is no amount of at most six decimals, like 0.0125")
    return Decimal(written) if written else None


def _currency(written: str) -> str | None:
    if written and not _CURRENCY.fullmatch(written):
        raise ValueError("currency is no code like EGP")
    return written or None
