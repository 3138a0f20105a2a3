"""What the files in an account's landing zone mean, and how one is put there (INTAKE, The landing zone)."""

import hashlib
import os
import stat
from array import array
from operator import itemgetter
from pathlib import Path

from ingest.accounts import Account
from outbound.errors import OutboundError
from outbound.landing.opening import open_zone
from outbound.landing.zone import BLOCK, Found, Zone

FOLDERS = {"campaign": "campaigns", "base": "bases", "optout": "optouts"}
SIDECAR = ".manifest.json"
DONE = ".done"
PART = ".part"
LARGEST_MANIFEST = 1 << 20  # bytes; of a larger one the beginning is read, which is no JSON
_LONGEST_NAME = 180  # bytes, so that what is added to a name still fits into a file system's 255

Listing = dict[str, dict[str, Found]]
"""kind -> name as the store has it -> the file."""


class NotDropped(OutboundError):
    """A file could not be put into the landing zone: why, and what to do."""


def of(account: Account) -> Zone:
    """The account's zone, to be used in a `with` block. Raises WrongLanding, WrongLogin, Unreachable."""
    return open_zone(account.name, account.landing)


def look(zone: Zone) -> Listing:
    return {kind: {found.name: found for found in zone.look(folder)} for kind, folder in FOLDERS.items()}


def digest(listing: Listing) -> bytes:
    """The same for the same files, in whatever order they came."""
    whole = hashlib.sha256()
    for kind, files in listing.items():
        rows = sorted(files.values(), key=itemgetter(1))
        _, names, sizes, modified_ns, versions = zip(*rows, strict=True) if rows else ((),) * 5
        for part in (
            kind.encode(),
            "\0".join(names).encode("utf-8", "surrogatepass"),
            "\0".join(map(str, versions)).encode(),
            array("q", sizes).tobytes(),
            array("q", modified_ns).tobytes(),
        ):
            whole.update(len(part).to_bytes(8, "big"))
            whole.update(part)
    return whole.digest()


def is_part(name: str) -> bool:
    """Still being written, by its name; of a key with slashes, by what follows the last one."""
    return name.endswith(PART) or name.rpartition("/")[2].startswith(".")


def is_companion(name: str) -> bool:
    """A manifest or a marker: it belongs to another file."""
    return name.endswith((SIDECAR, DONE))


def is_plain(name: str) -> bool:
    """It may be taken once it is complete."""
    return not is_companion(name) and not is_part(name)


def beside(path: Path, suffix: str) -> Path | None:
    """The file that belongs to another one on this machine by its name, where it is there."""
    companion = path.with_name(path.name + suffix)
    try:
        return companion if stat.S_ISREG(companion.lstat().st_mode) else None
    except OSError:  # not there, or its name would be longer than names can be
        return None


def drop(source: Path, zone: Zone, kind: str, manifest: bytes | None) -> str:
    """Puts a file into a landing zone so that it is taken at the next look: manifest, file, marker, in this order. Where
    it is then."""
    folder = FOLDERS[kind]
    try:
        zone.prepare()
        if manifest is not None:
            zone.write(folder, source.name + SIDECAR, [manifest])
        with source.open("rb") as file:
            zone.write(folder, source.name, iter(lambda: file.read(BLOCK), b""))
        if not zone.is_atomic:
            zone.write(folder, source.name + DONE, [])
    except OSError as error:
        raise NotDropped(f"cannot put {source} into {zone.place(folder)}: {error.strerror or error}") from error
    return zone.place(folder, source.name)


def printable(name: str) -> str:
    """A file's name as text that a database stores: bytes that are no UTF-8, and a NUL, are written out."""
    if name.isascii() and "\0" not in name:
        return name
    return os.fsencode(name).decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def by_printable(files: dict[str, Found]) -> dict[str, Found]:
    """The files of a folder by their names as a database has them; hardly ever is one not as the store has it."""
    whole = "".join(files)
    if whole.isascii() and "\0" not in whole:
        return files
    return {printable(name): found for name, found in files.items()}


def safe(name: str) -> str:
    """A name for files about a file: of any name one that is a single path component and can be read in a listing."""
    plain = "".join("_" if character in "/\\" or not character.isprintable() else character for character in name)
    return plain.encode()[:_LONGEST_NAME].decode("utf-8", "ignore") or "_"
