"""What the demo remembers from one run to the next: which batch is the next, and in which month it was set up."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class Memory:
    """batch: how many have been sent. month: of the first set-up; the loaded past is counted back from it.

    is_set_up: accounts, past and earlier months are there. port: of the simulator that the set-up names. closed: the
    month that was closed and billed last.
    """

    month: str
    batch: int = 0
    is_set_up: bool = False
    port: int = 0
    closed: str = ""

    @property
    def current(self) -> date:
        return date.fromisoformat(f"{self.month}-01")


def recall(folder: Path, today: date) -> Memory:
    path = folder / "memory.json"
    return Memory(**json.loads(path.read_text())) if path.exists() else Memory(month=f"{today:%Y-%m}")


def remember(folder: Path, memory: Memory, **changes: object) -> Memory:
    """The memory with these changes, kept."""
    changed = replace(memory, **changes)  # type: ignore[arg-type]
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / "memory.json.part"
    partial.write_text(json.dumps(asdict(changed)))
    partial.replace(folder / "memory.json")
    return changed
