"""A customer of the story: a plain SFTP client that knows its landing zone and nothing of the platform."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh

from tests.acceptance.turnaround.made import File
from tests.integration.landing.ssh_server import Server

LOOK_SECONDS = 0.25


class Customer:
    """Of one account. Its zone is a folder of the server that is there before the platform looks for it."""

    def __init__(self, account: str, client: asyncssh.SFTPClient, root: str) -> None:
        self.account = account
        self._client = client
        self._root = root

    async def upload(self, files: list[File]) -> None:
        """As X.part, with the options of X beside it: none of them is complete yet."""
        for file in files:
            path = self._path(file.folder, file.name)
            if file.manifest is not None:
                await self._write(f"{path}.manifest.json", file.manifest)
            await self._write(f"{path}.part", file.content)

    async def complete(self, files: list[File]) -> None:
        for file in files:
            path = self._path(file.folder, file.name)
            await self._client.rename(f"{path}.part", path)

    async def answers(self, names: set[str], deadline: float) -> dict[str, tuple[bytes, float]]:
        """Waits until each file has its acknowledgement: of each its content, and when it was found (as time.time)."""
        found: dict[str, tuple[bytes, float]] = {}
        while names - found.keys() and time.monotonic() < deadline:
            for result in await self.names("results"):
                name = result.removesuffix(".ack.json").rpartition(".")[0]
                if result.endswith(".ack.json") and name in names - found.keys():
                    found[name] = (await self._read(self._path("results", result)), time.time())
            await asyncio.sleep(LOOK_SECONDS)
        return found

    async def names(self, folder: str) -> list[str]:
        return sorted(set(map(str, await self._client.listdir(self._path(folder)))) - {".", ".."})

    async def _write(self, path: str, content: bytes) -> None:
        async with self._client.open(path, "wb") as file:
            await file.write(content)

    async def _read(self, path: str) -> bytes:
        async with self._client.open(path, "rb") as file:
            return bytes(await file.read())

    def _path(self, *parts: str) -> str:
        return "/".join([self._root, *parts])


@asynccontextmanager
async def logged_in(server: Server, account: str) -> AsyncIterator[Customer]:
    """Makes the customer's folders, as its host would."""
    async with (
        asyncssh.connect(
            "127.0.0.1", server.port, username=server.user, client_keys=[str(server.key_file)],
            known_hosts=str(server.known_hosts), config=None, agent_path=None,
        ) as connection,
        connection.start_sftp_client() as client,
    ):  # fmt: skip
        root = f"{server.root}/{account}"
        for folder in ("campaigns", "bases"):
            await client.makedirs(f"{root}/{folder}", exist_ok=True)
        yield Customer(account, client, root)
