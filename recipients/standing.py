"""Who may be messaged: the members of a customer's own base, without those who opted out of its or of all messages."""

from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg

from recipients import snapshots
from recipients.opt_outs import opt_outs
from recipients.snapshots import Base


class Standing:
    """The standing of numbers, asked for many at once. Members go by their rank in the base, 0.. below `size`."""

    def __init__(self, base: Base, opted_out: npt.NDArray[np.int64]) -> None:
        self._base = base
        self.size = base.size
        self._is_out = np.zeros(base.size + 1, bool)
        out = base.ranks(opted_out)
        self._is_out[out[out >= 0]] = True

    def ranks(self, msisdns: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Of each number, -1 where it is not in the base."""
        return self._base.ranks(msisdns)

    def opted_out(self, ranks: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        return self._is_out[ranks]


def read(connection: psycopg.Connection, account_id: int) -> Standing:
    """As the database has it now."""
    return Standing(snapshots.open_base(connection, account_id), opt_outs(connection, account_id))
