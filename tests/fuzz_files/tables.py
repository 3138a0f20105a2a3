"""Good files, small and of every kind: what customers drop as campaigns, bases and opt-outs, in every form that is read."""

import csv
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import openpyxl

MEMBERS = [201000000000 + n * 7919 for n in range(30)]
OPTED_OUT = MEMBERS[25:]
STRANGERS = [201100000000 + n * 104729 for n in range(5)]
_ODD = (
    "0223456789",
    "15005550006",
    "hello",
    "",
    "9651234",
    "+966512345678",
    "2.01E+11",
    "201000000000.0",
    '="01000000001"',
)
_TEXTS = (
    "Dear customer", "مرحبا بك", "a" * 161, "10% off; today, only | now", 'he said "hi"', "two\nlines", "€[]~", "😀 😀", "NA", " ",
)  # fmt: skip
_ATTRIBUTES = ("Mona", "منى", "O'Hara; Sons", 'the "one"', "TRUE", "007")


@dataclass
class Table:
    """A file before it is written. rows: without the header. options: of its manifest."""

    kind: str
    header: list[str]
    rows: list[list[Any]]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class Made:
    """A file as it lies on its sender's disk. inner: what an archive holds, where it is one, and `pack` puts it back."""

    kind: str
    suffix: str
    inner: bytes
    pack: Callable[[bytes], bytes]
    manifest: dict[str, Any] | None

    @property
    def content(self) -> bytes:
        return self.pack(self.inner)


def table(rng: random.Random) -> Table:
    return rng.choice((campaign, campaign, base, optout))(rng)


def campaign(rng: random.Random) -> Table:
    """With a column of texts, or a template over two columns."""
    numbers = _numbers(rng, rng.randrange(1, 25))
    if rng.random() < 0.5:
        rows = [[number, rng.choice(_TEXTS)] for number in numbers]
        return Table("campaign", [rng.choice(("msisdn", "Mobile Number", "رقم الجوال")), "text"], rows)
    rows = [[rng.choice(_ATTRIBUTES), number, str(rng.randrange(1000))] for number in numbers]
    return Table("campaign", ["name", "phone", "due"], rows, {"template": "Dear {name}, pay {due}"})


def base(rng: random.Random) -> Table:
    """Full, or a delta."""
    numbers = _numbers(rng, rng.randrange(1, 25))
    rows = [[number, rng.choice(("2026-01-31", "")), rng.choice(_ATTRIBUTES)] for number in numbers]
    if rng.random() < 0.5:
        return Table("base", ["msisdn", "consent_date", "name"], rows)
    return Table(
        "base", ["msisdn", "consent_date", "name", "action"], [[*row, rng.choice(("add", "remove"))] for row in rows]
    )


def optout(rng: random.Random) -> Table:
    return Table("optout", ["msisdn"], [[number] for number in _numbers(rng, rng.randrange(1, 10))])


def _numbers(rng: random.Random, count: int) -> list[str]:
    return [
        rng.choice(_ODD) if rng.random() < 0.05 else _written(rng, rng.choice(MEMBERS if rng.random() < 0.9 else STRANGERS))
        for _ in range(count)
    ]  # fmt: skip


def _written(rng: random.Random, msisdn: int) -> str:
    national = str(msisdn)[2:]
    return rng.choice((f"+{msisdn}", f"0{national}", f"00{msisdn}", f"+20 {national[:3]} {national[3:]}", national))


def make(rng: random.Random, what: Table) -> Made:
    """The table in one of the forms."""
    form = rng.choice((_csv, _csv, _csv, _csv_gz, _csv_zip, _xlsx, _json_lines))
    made = form(rng, what)
    options = {**what.options, **(made.manifest or {})}
    if rng.random() < 0.1:
        options["rows"] = len(what.rows)
    return Made(made.kind, made.suffix, made.inner, made.pack, options or None)


def _as_it_is(content: bytes) -> bytes:
    return content


def _csv(rng: random.Random, what: Table) -> Made:
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter=rng.choice(",;\t|"), lineterminator=rng.choice(("\n", "\r\n", "\r")),
        quoting=rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
    )  # fmt: skip
    writer.writerows([what.header, *what.rows])
    encoding = rng.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1256"))
    content = text.getvalue().encode(encoding, "replace")
    return Made(what.kind, "csv", content, _as_it_is, {"encoding": "cp1256"} if encoding == "cp1256" else None)


def _csv_gz(rng: random.Random, what: Table) -> Made:
    plain = _csv(rng, what)
    return Made(what.kind, "csv.gz", plain.inner, gzip.compress, plain.manifest)


def _csv_zip(rng: random.Random, what: Table) -> Made:
    plain = _csv(rng, what)
    return Made(what.kind, "zip", plain.inner, lambda inner: zipped({"table.csv": inner}), plain.manifest)


def _json_lines(rng: random.Random, what: Table) -> Made:
    lines = [
        json.dumps(dict(zip(what.header, row, strict=False)), ensure_ascii=False, default=str) for row in what.rows
    ]
    return Made(what.kind, "jsonl", ("\n".join(lines) + "\n").encode(), _as_it_is, None)


def _xlsx(rng: random.Random, what: Table) -> Made:
    """inner: the part that holds the cells. Some numbers are numbers; what begins with = becomes a formula."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [what.header, *what.rows]:
        sheet.append([_cell(rng, value) for value in row])
    whole = io.BytesIO()
    book.save(whole)
    with zipfile.ZipFile(whole) as parts:
        contents = {name: parts.read(name) for name in parts.namelist()}
    cells = "xl/worksheets/sheet1.xml"
    return Made(what.kind, "xlsx", contents[cells], lambda inner: zipped({**contents, cells: inner}), None)


def _cell(rng: random.Random, value: Any) -> Any:
    if isinstance(value, str):
        if value.isascii() and value.isdigit() and rng.random() < 0.5:
            return rng.choice((int(value), float(value)))
        return "".join(character for character in value if character >= " " or character in "\n\t")[:32_000]
    return value


def zipped(parts: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return whole.getvalue()
