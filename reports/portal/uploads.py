"""Files that a customer has put up and not sent yet: in a folder of the account's, gone when sent, or after a day."""

import json
import re
import secrets
import shutil
import time
from pathlib import Path
from typing import Any, BinaryIO

from outbound.errors import OutboundError
from outbound.settings import settings

LARGEST = 512 << 20  # octets; larger files come through the landing zone itself
KEPT = 86_400.0  # seconds
ENDINGS = (".csv", ".txt", ".xlsx", ".jsonl", ".csv.gz", ".jsonl.gz", ".zip")
_MANIFEST = ".manifest.json"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16}")


class NotKept(OutboundError):
    """A file cannot be taken: why, and what to do."""


def keep(account_id: int, name: str, content: BinaryIO) -> tuple[str, Path]:
    """(token, path) of a new one. Raises NotKept."""
    safe = re.sub(r"[^\w. -]", "_", Path(name).name).lstrip(".")[-100:]
    if not safe.lower().endswith(ENDINGS):
        raise NotKept(
            f"{safe or 'the file'} is of no kind that is read here: give one that ends in {', '.join(ENDINGS)}"
        )
    token, path = place(account_id, safe)
    with path.open("xb") as target:
        shutil.copyfileobj(content, target, 1 << 20)
    if path.stat().st_size > LARGEST:
        forget(account_id, token)
        raise NotKept(f"{safe} is larger than {LARGEST >> 20} MB: put it into your landing zone instead")
    return token, path


def place(account_id: int, name: str) -> tuple[str, Path]:
    """(token, path) of one that is still to be written, in a folder of its own. name: a plain one."""
    folder = _folder(account_id)
    folder.mkdir(parents=True, exist_ok=True)
    _forget_old(folder)
    token = secrets.token_urlsafe(12)
    path = folder / token / name
    path.parent.mkdir(mode=0o700)
    return token, path


def find(account_id: int, token: str) -> Path | None:
    """The file of a token; None where it is sent, too old, or another account's."""
    if not _TOKEN.fullmatch(token):
        return None
    folder = _folder(account_id) / token
    found = [path for path in folder.glob("*") if not path.name.endswith(_MANIFEST)]
    return found[0] if found else None


def manifest_of(path: Path) -> dict[str, Any]:
    """What has been said of a file so far (docs/reference/intake.md, Options)."""
    found: dict[str, Any] = json.loads(_sidecar(path).read_text("utf-8"))
    return found


def write_manifest(path: Path, manifest: dict[str, Any]) -> None:
    _sidecar(path).write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + _MANIFEST)


def forget(account_id: int, token: str) -> None:
    if _TOKEN.fullmatch(token):
        shutil.rmtree(_folder(account_id) / token, ignore_errors=True)


def _folder(account_id: int) -> Path:
    return settings().home / "portal" / "uploads" / str(account_id)


def _forget_old(folder: Path) -> None:
    for old in folder.iterdir():
        if old.stat().st_mtime < time.time() - KEPT:
            shutil.rmtree(old, ignore_errors=True)
