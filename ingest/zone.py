"""An account's landing zone: what lies in it, what of that is complete, and how a file is put there (INTAKE)."""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from outbound.errors import OutboundError

FOLDERS = {"campaign": "campaigns", "base": "bases", "optout": "optouts"}
SIDECAR = ".manifest.json"
DONE = ".done"
PART = ".part"
_LONGEST_NAME = 180  # bytes, so that what is added to a name still fits into a file system's 255


class NotDropped(OutboundError):
    """A file could not be put into the landing zone: why, and what to do."""


@dataclass(frozen=True)
class Identity:
    """What tells one drop from the next under the same name."""

    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Identity":
        return cls(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@dataclass(frozen=True)
class Entry:
    """A file that lies in one of the folders. is_marked: its sender put X.done beside it."""

    path: Path
    kind: str
    identity: Identity
    is_marked: bool

    @property
    def name(self) -> str:
        return printable(self.path.name)

    @property
    def is_part(self) -> bool:
        """Still being written, by its name."""
        return self.path.name.endswith(PART) or self.path.name.startswith(".")


def prepare(folder: Path) -> None:
    """Makes the folders that a customer drops into and reads from."""
    for name in (*FOLDERS.values(), "results"):
        (folder / name).mkdir(parents=True, exist_ok=True)


def look(folder: Path) -> list[Entry]:
    """The regular files of the three folders, oldest first; markers and manifests belong to their files."""
    found = []
    for kind, name in FOLDERS.items():
        entries = _regular_files(folder / name)
        names = {path.name for path, _ in entries}
        found += [
            Entry(path, kind, Identity.of(status), path.name + DONE in names)
            for path, status in entries
            if not path.name.endswith((SIDECAR, DONE))
        ]
    return sorted(found, key=lambda entry: entry.identity.changed_ns)


def _regular_files(folder: Path) -> list[tuple[Path, os.stat_result]]:
    """Links are not followed: they would lead out of the landing zone."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for entry in os.scandir(folder):
            with contextlib.suppress(FileNotFoundError):
                if entry.is_file(follow_symlinks=False):
                    found.append((Path(entry.path), entry.stat(follow_symlinks=False)))
    return found


def beside(path: Path, suffix: str) -> Path | None:
    """The file that belongs to another one by its name, where it is there."""
    companion = path.with_name(path.name + suffix)
    try:
        return companion if stat.S_ISREG(companion.lstat().st_mode) else None
    except OSError:  # not there, or its name would be longer than names can be
        return None


def drop(source: Path, folder: Path, kind: str, manifest: bytes | None) -> Path:
    """Puts a file into a landing zone so that it is taken at the next look: manifest, file, marker, in this order."""
    target = folder / FOLDERS[kind] / source.name
    try:
        prepare(folder)
        if manifest is not None:
            write_whole(target.with_name(target.name + SIDECAR), [manifest])
        part = target.with_name(target.name + PART)
        shutil.copyfile(source, part)
        part.replace(target)
        write_whole(target.with_name(target.name + DONE), [])
    except OSError as error:
        raise NotDropped(f"cannot put {source} into {target.parent}: {error.strerror or error}") from error
    return target


def write_whole(path: Path, content: Iterable[bytes]) -> None:
    """Writes a file so that nobody ever sees a part of it, and it outlives a crash of the machine."""
    temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}{PART}")
    with temporary.open("wb") as file:
        file.writelines(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def printable(name: str) -> str:
    """A file's name as text that a database stores: bytes that are no UTF-8 are written out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def safe(name: str) -> str:
    """A name for files about a file: of any name one that is a single path component and can be read in a listing."""
    plain = "".join("_" if character in "/\\" or not character.isprintable() else character for character in name)
    return plain.encode()[:_LONGEST_NAME].decode("utf-8", "ignore") or "_"
