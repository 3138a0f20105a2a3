"""Which of many texts are empty or white space only, as `str.strip` sees it (INTAKE: MISSING_VALUE, EMPTY_TEXT)."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

# the first octets of all characters that are space: only texts that begin so are looked at one by one
_MAY_BE_SPACE = np.zeros(256, bool)
_MAY_BE_SPACE[[chr(code).encode()[0] for code in range(0x3001) if chr(code).isspace()]] = True


def blank(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """bool[n]. texts: a pyarrow string array without nulls."""
    offsets: Any = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    found = np.diff(offsets) == 0
    data = texts.buffers()[2]
    if data is None or not len(data):
        return found
    octets = np.frombuffer(data, np.uint8)
    first = octets[np.minimum(offsets[:-1], len(octets) - 1)]
    doubtful = np.flatnonzero(_MAY_BE_SPACE[first] & ~found)
    for row, text in zip(doubtful.tolist(), texts.take(pa.array(doubtful)).to_pylist(), strict=True):
        found[row] = not text.strip()
    return found
