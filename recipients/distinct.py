"""Numbers in order, each once."""

import numpy as np
import numpy.typing as npt


def distinct(*parts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """int64, ascending. Parts that are in order are merged, not sorted; `numpy.unique` hashes each number, which is several
    times as slow."""
    whole = np.concatenate([np.empty(0, np.int64), *parts])
    whole.sort(kind="stable")
    is_first = np.ones(len(whole), bool)
    np.not_equal(whole[1:], whole[:-1], out=is_first[1:])
    return whole[is_first]
