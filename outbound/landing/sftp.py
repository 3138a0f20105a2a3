"""A landing zone on an SFTP server."""

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar, cast

import asyncssh
from asyncssh import FILEXFER_TYPE_REGULAR, SFTPClient, SFTPClientFile

from outbound.landing import ssh
from outbound.landing.address import Sftp
from outbound.landing.login import Login
from outbound.landing.zone import (
    ARCHIVE,
    BLOCK,
    FOLDERS,
    Found,
    Gone,
    NotReadable,
    StillChanging,
    Unreachable,
    Zone,
    gathered,
    store,
)

STEP_SECONDS = 30.0  # the longest that one request may take
_LISTING = 10  # a long listing is many requests
_LONGEST_NAME = 255  # bytes; a server answers a longer one with a mere failure
_TICK = 1.1  # the protocol tells times in whole seconds

T = TypeVar("T")


class SftpZone(Zone):
    """Connects when it is first used. Its event loop runs only while a step does: the zone belongs to one thread.

    Times are whole seconds, so a file is copied a second after it was seen at the earliest: whoever writes to it from
    then on gives it another time, and that is noticed.
    """

    def __init__(self, account: str, where: Sftp, login: Login, *, step_seconds: float = STEP_SECONDS) -> None:
        self._account = account
        self._where = where
        self._login = login
        self._step_seconds = step_seconds
        self._loop = asyncio.new_event_loop()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: SFTPClient | None = None
        self._looked_at = 0.0
        self._found_at: dict[tuple[str, str], float] = {}

    def close(self) -> None:
        if self._connection is not None:
            self._connection.abort()
            self._loop.run_until_complete(
                asyncio.wait([asyncio.ensure_future(self._end(), loop=self._loop)], timeout=5)
            )
        self._loop.close()

    async def _end(self) -> None:
        if self._connection is not None:
            await self._connection.wait_closed()

    def prepare(self) -> None:
        with self._speaking():
            for name in FOLDERS:
                self._do(partial(_made, path=self._path(name)))

    def look(self, folder: str) -> list[Found]:
        with self._speaking():
            entries = self._do(lambda client: client.readdir(self._path(folder)), _LISTING * self._step_seconds)
        self._looked_at = time.monotonic()
        seen = [_found(folder, os.fsdecode(entry.filename), entry.attrs) for entry in entries]
        return [found for found in seen if found is not None]

    def find(self, folder: str, name: str) -> Found | None:
        if len(os.fsencode(name)) > _LONGEST_NAME:
            return None
        with self._speaking():
            try:
                attributes = self._do(lambda client: client.lstat(self._path(folder, name)))
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                return None
        self._found_at[folder, name] = time.monotonic()
        return _found(folder, name, attributes)

    def copy(self, found: Found, target: Path) -> bytes:
        seen_at = self._found_at.get((found.folder, found.name), self._looked_at)
        time.sleep(max(0.0, seen_at + _TICK - time.monotonic()))
        with self._reading(found) as file:
            if self._state(found, file) != found:
                raise StillChanging(f"{self._name(found)} changed since it was seen: try again once it is complete")
            sha256, size = store(self._blocks(file), target)
            after = self._state(found, file)
        if after != found or size != found.size:
            target.unlink()
            raise StillChanging(f"{self._name(found)} changed while it was read: try again once it is complete")
        return sha256

    def read(self, found: Found, most: int) -> bytes:
        with self._reading(found) as file:
            return self._read(file, most, 0)

    def write(self, folder: str, name: str, blocks: Iterable[bytes]) -> None:
        target = self._path(folder, name)
        part = self._path(folder, f".{os.fsencode(name)[:100].decode('ascii', 'replace')}.{secrets.token_hex(4)}.part")
        with self._speaking():
            file = self._do(partial(_opened, path=part, mode="wb"))
        try:
            for block in gathered(blocks):
                with self._speaking():
                    self._wait(file.write(block))
            with self._speaking():
                self._settle(file)
        finally:
            self._quietly(file.close())
        with self._speaking():
            self._replace(part, target)

    def archive(self, found: Found, name: str) -> bool:
        path, target = self._path(found.folder, found.name), self._path(ARCHIVE, name)
        now = self.find(found.folder, found.name)
        if now != found:
            return now is None
        with self._speaking():
            self._do(partial(_made, path=self._path(ARCHIVE)))
            self._replace(path, target)
            moved = _found(found.folder, found.name, self._do(lambda client: client.lstat(target)))
            if moved != found:
                self._replace(target, path)  # it was overwritten between the look and the move
        return moved == found

    def place(self, folder: str, name: str = "") -> str:
        inside = PurePosixPath(self._where.path or "~", folder, name)
        return f"sftp://{self._where.host}:{self._where.port}/{str(inside).lstrip('/')}"

    def _replace(self, path: bytes, target: bytes) -> None:
        """Renames over what is there. A server without OpenSSH's extension does it in two steps."""
        try:
            self._do(lambda client: client.posix_rename(path, target))
        except asyncssh.SFTPOpUnsupported:
            with suppress(asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                self._do(lambda client: client.remove(target))
            self._do(lambda client: client.rename(path, target))

    def _settle(self, file: SFTPClientFile) -> None:
        with suppress(asyncssh.SFTPOpUnsupported):  # a server without OpenSSH's extension
            self._wait(file.fsync())

    def _state(self, found: Found, file: SFTPClientFile) -> Found | None:
        return _found(found.folder, found.name, self._wait(file.stat()))

    def _blocks(self, file: SFTPClientFile) -> Iterator[bytes]:
        place = 0
        while block := self._read(file, BLOCK, place):
            place += len(block)
            yield block

    def _read(self, file: SFTPClientFile, size: int, place: int) -> bytes:
        return cast("bytes", self._wait(file.read(size, place)))  # it was opened for bytes

    @contextmanager
    def _reading(self, found: Found) -> Iterator[SFTPClientFile]:
        with self._speaking(found):
            file = self._do(partial(_opened, path=self._path(found.folder, found.name), mode="rb"))
            try:
                yield file
            finally:
                self._quietly(file.close())

    def _path(self, *parts: str) -> bytes:
        """Names are single components here, whatever is in them: they came from a listing of the server."""
        return os.fsencode("/".join([self._where.path.rstrip("/") or ("/" if self._where.path else "."), *parts]))

    def _name(self, found: Found) -> str:
        return f"account {self._account}: {found.folder}/{found.name!r}"

    def _do(self, step: Callable[[SFTPClient], Coroutine[Any, Any, T]], seconds: float | None = None) -> T:
        return self._wait(self._with_client(step), seconds)

    async def _with_client(self, step: Callable[[SFTPClient], Coroutine[Any, Any, T]]) -> T:
        if self._client is None:
            self._connection = await ssh.connect(self._account, self._where, self._login)
            self._client = await self._connection.start_sftp_client(path_encoding=None)
        return await step(self._client)

    def _wait(self, step: Coroutine[Any, Any, T], seconds: float | None = None) -> T:
        return self._loop.run_until_complete(asyncio.wait_for(step, seconds or self._step_seconds))

    def _quietly(self, step: Coroutine[Any, Any, Any]) -> None:
        """The end of what may have failed already."""
        with suppress(asyncssh.Error, OSError, TimeoutError):
            self._wait(step)

    @contextmanager
    def _speaking(self, found: Found | None = None) -> Iterator[None]:
        """One clear error for whatever goes wrong. A lost connection is given up: the next step opens another one."""
        label = f"account {self._account}: landing zone {self.place('').rstrip('/')}"
        try:
            yield
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath) as error:
            if found is not None:
                raise Gone(f"{self._name(found)} is not there any more") from None
            raise Unreachable(f"{label}: no such folder there: {error.reason}") from None
        except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.DisconnectError) as error:
            self._forget()
            raise Unreachable(f"{label}: the connection was lost ({error.reason}); it is tried again") from None
        except asyncssh.SFTPPermissionDenied as error:
            if found is not None:
                raise NotReadable(f"{self._name(found)} may not be read: give its user the right") from None
            raise Unreachable(f"{label}: its user may not do that there ({error.reason}): give it the right") from None
        except asyncssh.SFTPError as error:
            raise Unreachable(f"{label}: the server says: {error.reason}") from None
        except TimeoutError:
            self._forget()
            raise Unreachable(f"{label}: no answer in time; check that the host runs and is not overloaded") from None
        except OSError as error:
            self._forget()
            raise Unreachable(
                f"{label}: no connection: {error.strerror or error}; check host, port and the way there"
            ) from None

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.abort()
        self._client = None


async def _opened(client: SFTPClient, path: bytes, mode: str) -> SFTPClientFile:
    return await client.open(path, mode)


async def _made(client: SFTPClient, path: bytes) -> None:
    if not await client.isdir(path):
        await client.mkdir(path)


def _found(folder: str, name: str, attributes: asyncssh.SFTPAttrs) -> Found | None:
    """None for what is no regular file."""
    if attributes.type != FILEXFER_TYPE_REGULAR:
        return None
    return Found(folder, name, attributes.size or 0, (attributes.mtime or 0) * 1_000_000_000, 0)
