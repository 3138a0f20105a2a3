"""A real SSH server on loopback: OpenSSH's where this machine has it, else asyncssh's, over the same real files."""

import asyncio
import contextlib
import getpass
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from local.ports import free_port

SSHD = Path("/usr/sbin/sshd")
PASSWORD = "correct horse"


@dataclass
class Server:
    """cut_after: once, the connection is cut when that many bytes were written; asyncssh's server only."""

    port: int
    user: str
    root: Path
    fingerprint: str
    key_file: Path
    known_hosts: Path
    kind: str
    cut_after: int | None = field(default=None)

    @property
    def url(self) -> str:
        return f"sftp://{self.user}@127.0.0.1:{self.port}{self.root}"


@contextlib.contextmanager
def running(folder: Path, *, openssh: bool) -> Iterator[Server]:
    """folder: an empty one; the zone lies in folder/zone."""
    root = folder / "zone"
    root.mkdir()
    for name in ("host", "client"):
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(folder / name)
        key.write_public_key(folder / f"{name}.pub")
        (folder / name).chmod(0o600)
    port = free_port()
    host = asyncssh.read_public_key(folder / "host.pub")
    known = folder / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {host.export_public_key().decode()}")
    server = Server(port, getpass.getuser(), root, host.get_fingerprint(), folder / "client", known, "asyncssh")
    with _openssh(folder, server) if openssh else _asyncssh(folder, server):
        yield server


@contextlib.contextmanager
def _openssh(folder: Path, server: Server) -> Iterator[None]:
    server.kind = "openssh"
    with contextlib.suppress(OSError):
        Path("/run/sshd").mkdir(exist_ok=True)  # where it confines its unprivileged half
    config = folder / "sshd_config"
    config.write_text(
        f"Port {server.port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\nPidFile none\nUsePAM no\n"
        f"StrictModes no\nPermitRootLogin yes\nPasswordAuthentication no\nAuthorizedKeysFile {folder / 'client.pub'}\n"
        "Subsystem sftp internal-sftp\n"
    )
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", config], stderr=subprocess.DEVNULL)
    try:
        _until_it_answers(server.port)
        yield
    finally:
        process.terminate()
        process.wait()


def _until_it_answers(port: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError("sshd did not start")


@contextlib.contextmanager
def _asyncssh(folder: Path, server: Server) -> Iterator[None]:
    """In a thread with an event loop of its own."""
    ready, loop = threading.Event(), asyncio.new_event_loop()

    class Login(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == (server.user, PASSWORD)

    class Files(asyncssh.SFTPServer):
        def write(self, file_obj: object, offset: int, data: bytes) -> int:
            if server.cut_after is not None and offset >= server.cut_after:
                server.cut_after = None
                self.connection.abort()
            return super().write(file_obj, offset, data)

    over = asyncio.Event()

    async def serve() -> None:
        async with await asyncssh.create_server(
            Login, "127.0.0.1", server.port, server_host_keys=[folder / "host"],
            authorized_client_keys=str(folder / "client.pub"), sftp_factory=Files,
        ):  # fmt: skip
            ready.set()
            await over.wait()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0.05)

    def run() -> None:
        loop.run_until_complete(serve())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(20)
        yield
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(20)


def is_openssh_here() -> bool:
    return SSHD.exists() and os.access(SSHD, os.X_OK)
