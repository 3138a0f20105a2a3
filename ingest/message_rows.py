"""What is written of a campaign's rows: the accepted ones as messages, the others as rejects; both in COPY's binary form."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ingest import copying
from ingest.checks import Judged, Places, Rules
from ingest.copying import Coded
from recipients.reason import REASONS

MESSAGE = (
    "campaign_id", "ordinal", "account_id", "line", "msisdn", "segments", "network_id", "text", "encoding", "zone",
)  # fmt: skip
REJECT = ("account_id", "file_id", "line", "reason", "first_line")

_MOST_SEGMENTS = 250_000  # of the rows that are written at once: bounds the memory that their texts take
_REJECT = np.dtype([("line", np.int32), ("code", np.int8), ("first_line", np.int32)])


def parts(judged: Judged) -> Iterator[Places]:
    """The accepted rows of a chunk, so many at a time that their texts take a bounded memory."""
    accepted = judged.accepted
    if len(accepted):
        steps = np.cumsum(judged.segments[accepted], dtype=np.int64) // _MOST_SEGMENTS
        yield from np.split(accepted, np.flatnonzero(np.diff(steps)) + 1)


class Messages:
    """Numbers the accepted rows of a campaign, 1.. in file order, and writes them."""

    def __init__(self, rules: Rules, account_id: int, campaign_id: int) -> None:
        self._account_id = account_id
        self._campaign_id = campaign_id
        self._written = 0
        networks = rules.networks.rows
        self._network_ids = np.array([network.network_id for network in networks], ">i4")
        self._ends = [(label, network.zone.encode()) for label in (b"gsm", b"ucs2") for network in networks]

    def rows(self, judged: Judged, part: Places, texts: Any) -> memoryview:
        """Of a part of a chunk, with the text of each; parts come in file order."""
        count, networks = len(part), judged.networks[part]
        first = self._written + 1
        self._written += count
        return copying.rows([
            np.full(count, self._campaign_id, ">i8"),
            np.arange(first, first + count).astype(">i4"),
            np.full(count, self._account_id, ">i8"),
            judged.lines[part].astype(">i4"),
            judged.msisdns[part].astype(">i8"),
            judged.segments[part].astype(">i2"),
            self._network_ids[networks],
            texts,
            Coded(judged.ucs2[part] * len(self._network_ids) + networks, self._ends),
        ])  # fmt: skip


class Rejects:
    """The rejected rows of a file: kept, a few octets each, until the messages are written; there is one COPY at a time."""

    def __init__(self, account_id: int, file_id: int) -> None:
        self._account_id = account_id
        self._file_id = file_id
        self._kept: list[npt.NDArray[Any]] = []

    def add(self, judged: Judged) -> None:
        places = np.flatnonzero(judged.codes)
        rejects = np.empty(len(places), _REJECT)
        rejects["line"], rejects["code"] = judged.lines[places], judged.codes[places]
        rejects["first_line"] = judged.first_lines[places]
        self._kept.append(rejects)

    def rows(self) -> Iterator[memoryview]:
        for kept in self._kept:
            repeats = kept["first_line"] > 0
            if not repeats.all():
                yield self._rows(kept[~repeats], with_first_line=False)
            if repeats.any():
                yield self._rows(kept[repeats], with_first_line=True)

    def _rows(self, kept: npt.NDArray[Any], *, with_first_line: bool) -> memoryview:
        columns: list[copying.Column] = [
            np.full(len(kept), self._account_id, ">i8"),
            np.full(len(kept), self._file_id, ">i8"),
            kept["line"].astype(">i4"),
        ]
        if with_first_line:
            names = [(reason.value.encode(),) for reason in REASONS]
            return copying.rows([*columns, Coded(kept["code"] - 1, names), kept["first_line"].astype(">i4")])
        return copying.rows([*columns, Coded(kept["code"] - 1, [(reason.value.encode(), None) for reason in REASONS])])
