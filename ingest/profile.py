"""What a campaign's rows came to, counted: what the gate judges and the acknowledgement says. No number, no text."""

from collections import Counter
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from ingest.checks import Judged, Rules
from ingest.refusal import Unusable
from recipients.distinct import distinct
from recipients.reason import REASONS, Reason


class Profile:
    """Counts over all chunks. segments_by_network: int64, by the place in `Networks.rows`."""

    def __init__(self, rules: Rules) -> None:
        self.rows = 0
        self.accepted = 0
        self.segments = 0
        self.max_segments = 0
        self.ucs2_messages = 0
        self._networks = rules.networks.rows
        self._reasons = np.zeros(len(REASONS) + 1, np.int64)
        self._segments_by_network = np.zeros(len(self._networks), np.int64)
        self._is_seen = np.zeros(rules.standing.size, bool)  # members, by rank
        self.skipped = 0  # hidden rows and sheets of a workbook
        self.screened: Counter[str] = Counter()  # accepted messages by entry of the content screen
        self._strangers: list[npt.NDArray[np.int64]] = []

    def add(self, judged: Judged) -> None:
        accepted = judged.accepted
        segments = judged.segments[accepted]
        self.rows += len(judged.codes)
        self.accepted += len(accepted)
        self.segments += int(segments.sum(dtype=np.int64))
        self.max_segments = max(self.max_segments, int(segments.max(initial=0)))
        self.ucs2_messages += int(judged.ucs2[accepted].sum())
        self._reasons += np.bincount(judged.codes, minlength=len(self._reasons))
        by_network = np.bincount(judged.networks[accepted], segments, len(self._networks))
        self._segments_by_network += by_network.astype(np.int64)
        is_member = judged.ranks >= 0
        self._is_seen[judged.ranks[is_member]] = True
        self._strangers.append(distinct(judged.msisdns[~is_member & (judged.msisdns > 0)]))

    @property
    def rejected(self) -> int:
        return self.rows - self.accepted

    @property
    def reasons(self) -> dict[str, int]:
        """Rejected rows by reason, in the order of the names."""
        counted = {reason.value: int(count) for reason, count in zip(REASONS, self._reasons[1:], strict=True)}
        return {name: count for name, count in sorted(counted.items()) if count}

    @property
    def zones(self) -> Counter[str]:
        """Accepted segments by zone."""
        found: Counter[str] = Counter()
        for network, segments in zip(self._networks, self._segments_by_network.tolist(), strict=True):
            if segments:
                found[network.zone] += segments
        return found

    @property
    def countries(self) -> set[str]:
        """That accepted messages go to."""
        sent_to = zip(self._networks, self._segments_by_network.tolist(), strict=True)
        return {network.country for network, segments in sent_to if segments}

    @property
    def not_in_base(self) -> int:
        return self.reasons.get(Reason.NOT_IN_BASE, 0)

    def refuse_mangled_numbers(self) -> None:
        """Raises Unusable where a spreadsheet lost the digits of more than 1 % of the rows: not of these alone."""
        if self.reasons.get(Reason.NUMBER_MANGLED, 0) * 100 > self.rows:
            raise Unusable("NUMBER_MANGLED", "a spreadsheet wrote more than 1 % of the numbers as 2.01E+11")

    def as_row(self) -> dict[str, Any]:
        """As it stands in intake.profile."""
        strangers = distinct(*self._strangers)
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "skipped": self.skipped,
            "reasons": self.reasons,
            "not_in_base": self.not_in_base,
            "distinct_numbers": int(self._is_seen.sum()) + len(strangers),
            "segments": self.segments,
            "max_segments": self.max_segments,
            "gsm_messages": self.accepted - self.ucs2_messages,
            "ucs2_messages": self.ucs2_messages,
            "reject_ratio": _ratio(self.rejected, self.rows),
            "not_in_base_ratio": _ratio(self.not_in_base, self.rows),
            "screened": dict(sorted(self.screened.items())),
            "zones": dict(sorted(self.zones.items())),
            "countries": sorted(self.countries),
        }


def _ratio(part: int, whole: int) -> Decimal:
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.000001")) if whole else Decimal(0)
