"""The portal on this machine: where it is, and how the demo's people, who have no passwords, can try it."""

import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from local.ports import kept_port, usable_port
from outbound import database
from outbound.settings import Settings


def port(configured: Settings) -> int:
    """The one it had before, while it is free."""
    return usable_port(_folder(configured) / "port")


def url(configured: Settings) -> str:
    return f"http://127.0.0.1:{kept_port(_folder(configured) / 'port')}"


def answers(configured: Settings) -> bool:
    try:
        with urllib.request.urlopen(url(configured) + "/healthz", timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def let_everybody_in(configured: Settings) -> str:
    """The password with which everybody of the demo may sign in; those who have one of their own keep it."""
    note = _folder(configured) / "demo-password"
    note.parent.mkdir(parents=True, exist_ok=True)
    if not note.exists():
        note.touch(mode=0o600)
        note.write_text(secrets.token_urlsafe(12))
    command = [str(Path(sys.executable).with_name("outbound")), "user", "password"]
    with database.connect("doorman") as connection:
        waiting = connection.execute(
            "select email from account.person where not exists (select from portal.login where login.person_id = person.person_id)"
        ).fetchall()
    for (email,) in waiting:
        subprocess.run([*command, email, "--password-file", str(note)], check=True, capture_output=True)
    return note.read_text()


def people() -> list[tuple[str, str, str | None]]:
    """(e-mail address, role, account) of everybody who may sign in."""
    with database.connect("doorman") as connection:
        return connection.execute(
            "select person.email, person.role, account.name from portal.login join account.person using (person_id)"
            " left join account.account using (account_id) where login.is_active"
            " order by account.name nulls first, person.person_id"
        ).fetchall()


def _folder(configured: Settings) -> Path:
    return configured.home / "portal"
