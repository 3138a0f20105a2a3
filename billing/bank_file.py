"""A bank's CSV to lines of money that came in; what is wrong with a line is told by its number."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from outbound.errors import OutboundError

# the field of a line -> headers that mean it, in small letters with _ between words
HEADERS = {
    "reference": ("reference", "bank_reference", "transaction_reference", "transaction_id", "ref"),
    "date": ("date", "value_date", "booking_date", "transaction_date"),
    "amount": ("amount", "credit", "credit_amount"),
    "account": ("account", "customer", "customer_account"),
    "document": ("invoice", "document", "order", "invoice_number"),
    "payer": ("payer", "name", "sender", "ordering_party"),
    "details": ("details", "description", "narrative", "remittance_information"),
    "currency": ("currency",),
    "withheld": ("withheld", "tax_withheld"),
    "certificate": ("certificate", "certificate_number"),
}
_REQUIRED = ("reference", "date", "amount")
_MOST_COLUMNS = 200


class UnreadableBankFile(OutboundError):
    """A bank's file is no CSV with the columns that are needed: what is wrong, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """How a bank writes: column names by field where its headers say something else, its decimal mark and dates."""

    columns: dict[str, str] = field(default_factory=dict)
    delimiter: str = ","
    decimal: str = "."
    date_format: str | None = None
    encoding: str = "utf-8-sig"


@dataclass(frozen=True, kw_only=True)
class Line:
    """Money that came in, on the day that it counts from."""

    line: int
    reference: str
    day: date
    amount: Decimal
    withheld: Decimal = Decimal(0)
    certificate: str | None = None
    currency: str | None = None
    payer: str | None = None
    details: str | None = None
    account: str | None = None
    document: str | None = None


def read(path: Path, form: Form, errors: list[tuple[int, str]]) -> Iterator[Line | None]:
    """The file's lines, None for what did not come in (nothing, or money that went out). Raises UnreadableBankFile.

    What cannot be read of a line is told in `errors`, with its number in the file.
    """
    rows = _rows(path, form)
    header_line, header = next(rows, (0, []))
    places = _places(header, form)
    for number, cells in rows:
        if not any(cells):
            continue
        if any(cells[len(header) :]):
            errors.append(
                (number, f"has more columns than the {len(header)} of line {header_line}: quote what has a comma")
            )
            continue
        said = {name: cells[place].strip() for name, place in places.items()}
        try:
            yield _line(number, said, form)
        except ValueError as error:
            errors.append((number, str(error)))


def _rows(path: Path, form: Form) -> Iterator[tuple[int, list[str]]]:
    """(number of its first line, cells) of each row; a row has as many cells as the longest may have."""
    import pandas

    try:
        frame = pandas.read_csv(
            path, sep=form.delimiter, header=None, names=range(_MOST_COLUMNS), index_col=False, dtype=str,
            keep_default_na=False, na_filter=False, skip_blank_lines=False, encoding=form.encoding,
        ).fillna("")  # fmt: skip
    except (ValueError, LookupError) as error:  # pandas' own errors are ValueErrors, a wrong encoding too
        raise UnreadableBankFile(
            f"{path.name} cannot be read as {form.encoding} with {form.delimiter!r} between its columns:"
            f" {str(error).strip()}. Give --encoding or --delimiter, or mend the file"
        ) from error
    number = 1
    for row in frame.itertuples(index=False, name=None):
        cells = [str(cell) for cell in row]
        yield number, cells
        number += 1 + sum(cell.count("\n") for cell in cells)


def _places(header: list[str], form: Form) -> dict[str, int]:
    """Field -> column. Raises UnreadableBankFile where a needed one is missing, or two mean the same."""
    names = [cell.strip() for cell in header]
    plain = [re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") for name in names]
    while names and not names[-1]:
        names.pop()
    del header[len(names) :]
    places: dict[str, int] = {}
    for name, aliases in HEADERS.items():
        wanted = form.columns.get(name)
        found = [n for n, given in enumerate(names) if given == wanted] if wanted else [
            n for n, given in enumerate(plain[: len(names)]) if given in aliases
        ]  # fmt: skip
        if len(found) > 1:
            several = ", ".join(names[n] for n in found)
            raise UnreadableBankFile(f"several columns may be the {name} ({several}): say --column {name}=HEADER")
        if found:
            places[name] = found[0]
        elif wanted or name in _REQUIRED:
            raise UnreadableBankFile(
                f"no column {wanted or name!r} among {', '.join(names) or 'no columns at all'}: say"
                f" --column {name}=HEADER. Needed are {', '.join(_REQUIRED)}"
            )
    return places


def _line(number: int, said: dict[str, str], form: Form) -> Line | None:
    """Raises ValueError with every thing that is wrong."""
    wrong: list[str] = []

    def money(name: str) -> Decimal:
        try:
            return _amount(said.get(name, ""), form.decimal)
        except ValueError as error:
            wrong.append(f"{name}: {error}")
            return Decimal(0)

    amount, withheld = money("amount"), money("withheld")
    day = date.min
    try:
        day = _day(said["date"], form.date_format)
    except ValueError as error:
        wrong.append(f"date: {error}")
    if withheld < 0:
        wrong.append(f"withheld: {withheld} is below nothing")
    if bool(withheld) != bool(said.get("certificate")):
        wrong.append("withheld and certificate: tax withheld counts with the number of its certificate")
    if not said["reference"] and (amount > 0 or withheld):
        wrong.append("reference: is missing, and tells whether the line was taken already")
    if wrong:
        raise ValueError("; ".join(wrong))
    if amount < 0 or not amount + withheld:
        return None
    texts = {
        name: said.get(name) or None for name in ("certificate", "currency", "payer", "details", "account", "document")
    }
    return Line(line=number, reference=said["reference"], day=day, amount=amount, withheld=withheld, **texts)


def _amount(text: str, decimal: str) -> Decimal:
    """ "1,140.00" or, with a decimal comma, "1.140,00"; empty is nothing."""
    thousands = "," if decimal == "." else "."
    form = rf"[+-]?(\d+|\d{{1,3}}(\{thousands}\d{{3}})+)(\{decimal}\d{{1,3}})?"
    if not text:
        return Decimal(0)
    if not re.fullmatch(form, text):
        raise ValueError(f"{text!r} is no amount like 1140{decimal}00")
    return Decimal(text.replace(thousands, "").replace(decimal, "."))


def _day(text: str, date_format: str | None) -> date:
    try:
        if date_format is None:
            return datetime.fromisoformat(text).date()
        return datetime.strptime(text, date_format).date()  # noqa: DTZ007  a day, in the account's zone
    except ValueError as error:
        wanted = date_format or "2026-10-31"
        raise ValueError(f"{text!r} is no day of the form {wanted}: say --date-format, like %d/%m/%Y") from error
