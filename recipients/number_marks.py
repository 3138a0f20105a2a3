"""Where bytes of one kind stand in many rows of text: how many in a row, which is the first, which the last."""

from functools import cached_property

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Marks:
    """Rows are given by where they begin and end (the place behind their last byte)."""

    def __init__(self, mask: Flags) -> None:
        """mask: a flag for each byte."""
        self.mask = mask
        self.before = np.zeros(len(mask) + 1, np.int32)
        np.cumsum(mask, out=self.before[1:], dtype=np.int32)

    @cached_property
    def _places(self) -> Places:
        return np.append(np.flatnonzero(self.mask), len(self.mask))

    @property
    def any(self) -> bool:
        return bool(self.before[-1])

    def count(self, begins: Places, ends: Places) -> npt.NDArray[np.int32]:
        return self.before.take(ends) - self.before.take(begins)

    def first(self, begins: Places) -> Places:
        """The place of the first mark at or behind a place; that of the text's end where there is none."""
        return self._places.take(self.before.take(begins))

    def last(self, ends: Places) -> Places:
        """The place of the last mark before a place, of which there has to be one."""
        return self._places.take(self.before.take(ends) - 1)
