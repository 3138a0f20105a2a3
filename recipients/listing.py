"""A list of networks or of ported numbers as a CSV file: read strictly, row by row, with every mistake and its line."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from outbound.errors import OutboundError

ACTION = "action"
_ADD = frozenset({"add", "a", "+"})
_REMOVE = frozenset({"remove", "r", "-"})
_DELIMITERS = ",;\t|"
_SHOWN = 20  # mistakes that are told one by one


class WrongList(OutboundError):
    """A list has mistakes, and nothing of it was loaded: each with its line and what to do."""


class WrongRow(Exception):
    """What is wrong with a row: without any subscriber's number."""


@dataclass
class Mistakes:
    """Those of one file; told in the order of its lines."""

    path: Path
    first: list[tuple[int, str]] = field(default_factory=list)
    count: int = 0

    def add(self, line: int, what: str) -> None:
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append((line, what))

    def refuse(self) -> None:
        """Raises WrongList where there are any."""
        if not self.count:
            return
        said = [f"  line {line}: {what}" for line, what in sorted(self.first)]
        if self.count > len(said):
            said.append(f"  and {self.count - len(said)} more")
        count = "1 mistake" if self.count == 1 else f"{self.count} mistakes"
        raise WrongList("\n".join([f"{self.path} has {count}; nothing was loaded", *said]))


@dataclass(frozen=True)
class Listing:
    """columns: what each row gives, `action` last. header: the names in the file, in small letters."""

    path: Path
    mistakes: Mistakes
    columns: tuple[str, ...]
    header: tuple[str, ...]
    delimiter: str

    @property
    def is_delta(self) -> bool:
        """Whether its rows say what to add and what to remove, instead of being all there is."""
        return ACTION in self.header

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(line on which the row begins, its fields in the order of `columns`); a field that it lacks is empty.

        Rows that are not like the header are noted as mistakes and left out, blank ones left out. Raises WrongList
        where nothing after a place can be read.
        """
        places = [self.header.index(name) if name in self.header else None for name in self.columns]
        with _opened(self.path) as file:
            rows = csv.reader(file, delimiter=self.delimiter, strict=True)
            next(rows)
            while True:
                line = rows.line_num + 1
                try:
                    row = next(rows, None)
                except csv.Error as error:
                    self.mistakes.add(line, f"cannot be read: {error}; what follows was not looked at")
                    return
                if row is None:
                    return
                if len(row) == len(self.header):
                    yield line, ["" if place is None else row[place].strip() for place in places]
                elif any(row):
                    self.mistakes.add(line, f"has {len(row)} fields, the header has {len(self.header)}")


def open_list(path: Path, required: tuple[str, ...], optional: tuple[str, ...]) -> Listing:
    """Reads the header: names in whatever case and order, an `action` beside them in any list. Raises WrongList.

    required: the first is the key of a row.
    """
    mistakes = Mistakes(path)
    with _opened(path) as file:
        head = file.readline()
    delimiter = max(_DELIMITERS, key=head.count)
    header = tuple(name.strip().casefold() for name in next(csv.reader([head], delimiter=delimiter), []))
    known = (*required, *optional, ACTION)
    for name in dict.fromkeys(header):
        if name not in known:
            mistakes.add(1, f"there is no column {name!r}: the columns are {', '.join(known)}")
        if header.count(name) > 1:
            mistakes.add(1, f"column {name!r} stands there twice")
    needed = required[:1] if ACTION in header else required  # what is only removed needs no more than its key
    for name in needed:
        if name not in header:
            mistakes.add(1, f"column {name!r} is missing: the columns are {', '.join(known)}")
    mistakes.refuse()
    return Listing(path, mistakes, (*required, *optional, ACTION), header, delimiter)


def is_removed(action: str) -> bool:
    """What a row's action says; a list without the column only adds. Raises WrongRow."""
    wanted = action.casefold()
    if wanted in _REMOVE:
        return True
    if wanted in _ADD:
        return False
    raise WrongRow(f"action is {action!r}: write add or remove")


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    """The file as text; UTF-16 is told by its byte order mark."""
    with path.open("rb") as file:
        encoding = "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        with path.open(encoding=encoding, newline="") as file:
            yield file
    except UnicodeError:
        raise WrongList(f"{path} is not {encoding.removesuffix('-sig').upper()}: save it as UTF-8") from None
