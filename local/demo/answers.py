"""The platform's answers in the accounts' results/ folders, as their customers read them."""

import json
from pathlib import Path
from typing import Any

from local.demo.campaigns import Drop

Ack = dict[str, Any]


def folder(home: Path, account: str) -> Path:
    """Of an account of the demo's set-up."""
    return home / "zones" / account / "results"


def newest(home: Path, drop: Drop) -> int:
    """The id of the newest file of this name that was answered; 0 where there is none."""
    return max((_file_id(path) for path in _acks(home, drop)), default=0)


def find(home: Path, drop: Drop, after: int) -> Ack | None:
    """The answer to this file, if it came since; `after` is the newest one of before."""
    for path in _acks(home, drop):
        if _file_id(path) > after:
            found: Ack = json.loads(path.read_text())
            return found
    return None


def _acks(home: Path, drop: Drop) -> list[Path]:
    return list(folder(home, drop.account).glob(f"{drop.name}.*.ack.json"))


def _file_id(path: Path) -> int:
    return int(path.name.split(".")[-3])
