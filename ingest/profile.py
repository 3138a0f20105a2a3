"""What a campaign's rows came to, counted: what the gate judges and the acknowledgement says. No number, no text."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ingest.checks import Verdict
from ingest.refusal import Unusable
from recipients.reason import Reason


@dataclass
class Profile:
    rows: int = 0
    accepted: int = 0
    segments: int = 0
    max_segments: int = 0
    encodings: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    zones: Counter[str] = field(default_factory=Counter)  # segments by zone
    countries: set[str] = field(default_factory=set)  # that accepted messages go to
    screened: Counter[str] = field(default_factory=Counter)  # accepted messages by entry of the content screen
    numbers: set[int] = field(default_factory=set)

    def add(self, verdict: Verdict) -> None:
        self.rows += 1
        if verdict.msisdn is not None:
            self.numbers.add(verdict.msisdn)
        if verdict.reason is not None:
            self.reasons[verdict.reason.value] += 1
            return
        segments = verdict.segments or 0
        self.accepted += 1
        self.segments += segments
        self.max_segments = max(self.max_segments, segments)
        self.encodings[verdict.encoding or ""] += 1
        self.zones[verdict.network.zone if verdict.network else ""] += segments
        if verdict.network is not None:
            self.countries.add(verdict.network.country)

    @property
    def rejected(self) -> int:
        return self.rows - self.accepted

    @property
    def not_in_base_ratio(self) -> Decimal:
        return _ratio(self.reasons[Reason.NOT_IN_BASE], self.rows)

    def refuse_mangled_numbers(self) -> None:
        """Raises Unusable where a spreadsheet lost the digits of more than 1 % of the rows: not of these alone."""
        if self.reasons[Reason.NUMBER_MANGLED] * 100 > self.rows:
            raise Unusable("NUMBER_MANGLED", "a spreadsheet wrote more than 1 % of the numbers as 2.01E+11")

    def as_row(self) -> dict[str, Any]:
        """As it stands in intake.profile."""
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "reasons": dict(sorted(self.reasons.items())),
            "not_in_base": self.reasons[Reason.NOT_IN_BASE],
            "distinct_numbers": len(self.numbers),
            "segments": self.segments,
            "max_segments": self.max_segments,
            "gsm_messages": self.encodings["gsm"],
            "ucs2_messages": self.encodings["ucs2"],
            "reject_ratio": _ratio(self.rejected, self.rows),
            "not_in_base_ratio": self.not_in_base_ratio,
            "screened": dict(sorted(self.screened.items())),
        }


def counted(verdicts: Iterable[Verdict]) -> Profile:
    profile = Profile()
    for verdict in verdicts:
        profile.add(verdict)
    return profile


def _ratio(part: int, whole: int) -> Decimal:
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.000001")) if whole else Decimal(0)
