"""Messages' texts from a template and rows: each `{column}` is filled once, literally (INTAKE)."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest import columns
from ingest.blank import blank
from ingest.refusal import Unusable
from smpp import counts
from smpp.counts import Units

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Template:
    """A template, bound to the columns of a file."""

    def __init__(self, template: str, header: Sequence[str]) -> None:
        pieces = _PLACEHOLDER.split(template)
        self._literals, names = pieces[::2], pieces[1::2]
        self._places = [_place(name, header) for name in names]
        self._fixed = "".join(self._literals)

    @property
    def places(self) -> frozenset[int]:
        """Of the columns that it takes values from."""
        return frozenset(self._places)

    def texts(self, table: Sequence[pa.Array], rows: int) -> pa.Array:
        """The text of each of so many rows. table: string arrays [rows], of the columns that are needed."""
        if not self._places:
            return pa.repeat(self._literals[0], rows)
        pieces: list[pa.Array | str] = [self._literals[0]]
        for place, literal in zip(self._places, self._literals[1:], strict=True):
            pieces += [table[place], literal]
        return pc.binary_join_element_wise(*(piece for piece in pieces if not isinstance(piece, str) or piece), "")

    def units(self, table: Sequence[pa.Array]) -> Units:
        """What the texts of the rows amount to, without making them."""
        of_column = {place: counts.units(table[place]) for place in self.places}
        return counts.joined([counts.same(self._fixed, len(table[0])), *(of_column[place] for place in self._places)])

    def missing(self, table: Sequence[pa.Array]) -> npt.NDArray[np.bool_]:
        """bool[n]: a value that the template takes is empty or only space."""
        found = np.zeros(len(table[0]), bool)
        for place in self.places:
            found |= blank(table[place])
        return found

    @property
    def is_blank(self) -> bool:
        """The text of every row is only space: it takes no value, and values that are taken are never blank."""
        return not self._places and not self._fixed.strip()


def _place(name: str, header: Sequence[str]) -> int:
    wanted = columns.plain(name)
    found = [place for place, column in enumerate(header) if columns.plain(column) == wanted]
    if len(found) != 1 or not wanted:
        why = "several columns are" if found else "no column is"
        raise Unusable("UNKNOWN_PLACEHOLDER", f"the template names {{{name}}}, and {why} called so")
    return found[0]
