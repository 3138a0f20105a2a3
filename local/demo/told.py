"""What a run of the demo has to tell."""

from dataclasses import dataclass, field
from typing import Any

from local.demo.campaigns import Drop
from local.demo.facts import Facts
from local.demo.judging import Finding
from local.demo.killing import Killer


@dataclass
class Told:
    """batch: which one was sent. drops and acks: by the campaign's name. findings: of the books.

    handsets_on: messages delivered after the handset came on. recharge: units that were bought
    for this batch. laps: seconds by step.
    """

    batch: int
    drops: dict[str, Drop]
    acks: dict[str, dict[str, Any]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    facts: Facts | None = None
    handsets_on: int = 0
    recharge: int = 0
    killed: Killer | None = None
    laps: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def agrees(self) -> bool:
        return bool(self.findings) and all(finding.holds for finding in self.findings)
