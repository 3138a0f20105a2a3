"""What a benchmark prints and keeps: a figure beside its reference, and whether it is in order."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """value beside reference; most: whether target is the largest or the least ratio that is in order."""

    name: str
    value: float
    unit: str
    reference: float
    target: float
    most: bool = True

    @property
    def ratio(self) -> float:
        return self.value / self.reference

    @property
    def verdict(self) -> str:
        return "ok" if (self.ratio <= self.target if self.most else self.ratio >= self.target) else "SHORT"

    def __str__(self) -> str:
        figures = f"{self.value:.2f} {self.unit} {self.reference:.2f} {self.ratio:.2f} {self.target:.2f}"
        return f"{self.name} {figures} {self.verdict}"


def status(verdicts: Iterable[str]) -> int:
    """The exit status of a benchmark: 1 where a figure is SHORT."""
    return int("SHORT" in verdicts)


def write(figures: Iterable[Figure], file: Path) -> None:
    """As JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [asdict(figure) | {"ratio": figure.ratio, "verdict": figure.verdict} for figure in figures]
    file.write_text(json.dumps(lines, indent=2) + "\n")
