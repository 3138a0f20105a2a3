"""Opens a connection to an account's SFTP server: who it is, who we are, and one clear error where that fails."""

from pathlib import Path

import asyncssh

from outbound.landing.address import Sftp
from outbound.landing.login import Login, variable
from outbound.landing.zone import Unreachable

CONNECT_SECONDS = 10.0
LOGIN_SECONDS = 20.0


async def connect(account: str, where: Sftp, login: Login) -> asyncssh.SSHClientConnection:
    """Nothing of the machine's own SSH set-up is used but its known_hosts. Raises Unreachable, and what asyncssh raises for
    a lost connection."""
    label = f"account {account}: landing zone sftp://{where.host}:{where.port}"
    user = where.user or login.user
    if not user:
        raise Unreachable(f"{label}: no user; put it into the URL, or set {variable(account, 'user')}")
    keys = _keys(account, label, login)
    if not keys and not login.password:
        raise Unreachable(
            f"{label}: no password and no key; set {variable(account, 'password')}, {variable(account, 'key_file')}, or"
            " the account's Airflow connection"
        )
    keeper = _Keeper(login.host_key)
    try:
        return await asyncssh.connect(
            where.host,
            where.port,
            username=user,
            password=login.password or None,
            client_keys=keys or None,
            known_hosts=_known_hosts(account, label, login),
            client_factory=lambda: keeper,
            config=None,
            agent_path=None,
            connect_timeout=CONNECT_SECONDS,
            login_timeout=LOGIN_SECONDS,
            keepalive_interval=15,
        )
    except asyncssh.HostKeyNotVerifiable:
        raise Unreachable(
            f"{label}: the host shows the key {keeper.shown or 'of a kind'} that nothing here vouches for; where it is the"
            f" right one, set {variable(account, 'host_key')} to it, or add it to the file of"
            f" {variable(account, 'known_hosts')}"
        ) from None
    except asyncssh.PermissionDenied:
        raise Unreachable(
            f"{label}: the host refuses user {user}: correct {variable(account, 'password')} or"
            f" {variable(account, 'key_file')}, or have the host know the key"
        ) from None


class _Keeper(asyncssh.SSHClient):
    """Vouches for host keys by their fingerprint (SHA256:...) or their text (ssh-ed25519 AAAA...), any of several."""

    def __init__(self, host_key: str) -> None:
        self._trusted = set(host_key.replace(",", " ").split())
        self.shown = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = key.get_fingerprint()
        body = key.export_public_key().split()[1].decode()
        return bool({self.shown, body} & self._trusted)


def _keys(account: str, label: str, login: Login) -> list[asyncssh.SSHKey]:
    try:
        if login.private_key:
            return [asyncssh.import_private_key(login.private_key, login.key_passphrase or None)]
        if login.key_file:
            return [asyncssh.read_private_key(login.key_file, login.key_passphrase or None)]
    except OSError as error:
        raise Unreachable(f"{label}: the key {login.key_file} cannot be read: {error.strerror}") from None
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        raise Unreachable(
            f"{label}: the private key cannot be used: check that it is one, and {variable(account, 'key_passphrase')}"
        ) from None
    return []


def _known_hosts(account: str, label: str, login: Login) -> asyncssh.SSHKnownHosts:
    """The file that was named, else the user's own; none at all where fingerprints are given."""
    path = Path(login.known_hosts or "~/.ssh/known_hosts").expanduser()
    if not login.known_hosts and (login.host_key or not path.exists()):
        return asyncssh.import_known_hosts("")
    try:
        return asyncssh.read_known_hosts(str(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not in the form of known_hosts"
        raise Unreachable(f"{label}: {variable(account, 'known_hosts')}: {path} cannot be read: {reason}") from None
