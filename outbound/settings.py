"""Where this installation keeps its state and finds its database, read from the environment."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from outbound.errors import OutboundError

ROOT = Path(__file__).resolve().parent.parent
_MAIL_PORTS = {"starttls": "587", "tls": "465", "none": "25"}


class WrongSetting(OutboundError):
    """The environment says something that cannot be used: which variable, and what to do."""


@dataclass(frozen=True)
class Mail:
    """The server that takes e-mails. security: starttls, tls (from the first byte) or none. sender: the From address."""

    host: str
    port: int
    security: str
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None


@dataclass(frozen=True)
class Settings:
    """home: the folder of all state. database_url: a libpq URI, or None for the embedded server. root: the code."""

    home: Path
    database_url: str | None
    root: Path = ROOT

    @cached_property
    def airflow_home(self) -> Path:
        return self.home / "airflow"

    @cached_property
    def dbt_project(self) -> Path:
        return self.root / "dbt"

    @cached_property
    def snapshots(self) -> Path:
        """Customers' files as they were claimed, by account and content (INTAKE)."""
        return self.home / "snapshots"

    @cached_property
    def bases(self) -> Path:
        """Snapshots of customers' bases for look-ups, by account and version (INTAKE)."""
        return self.home / "bases"


def settings() -> Settings:
    """The settings of this process: `OUTBOUND_HOME` (default `.outbound` beside the code) and `DATABASE_URL`."""
    home = Path(os.environ.get("OUTBOUND_HOME") or ROOT / ".outbound").expanduser().absolute()
    return Settings(home=home, database_url=os.environ.get("DATABASE_URL") or None)


def secret(name: str) -> str | None:
    """What the variable holds, else the file that `<name>_FILE` names; None without both. Raises WrongSetting."""
    file = os.environ.get(f"{name}_FILE")
    if not file:
        return os.environ.get(name) or None
    try:
        return Path(file).read_text().rstrip("\r\n") or None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise WrongSetting(f"{name}_FILE: {file} cannot be read: {reason}") from None


def mail() -> Mail | None:
    """The mail server of `OUTBOUND_SMTP_...`; None where `OUTBOUND_SMTP_HOST` is not set. Raises WrongSetting."""
    host = os.environ.get("OUTBOUND_SMTP_HOST")
    if not host:
        return None
    security = os.environ.get("OUTBOUND_SMTP_SECURITY") or "starttls"
    if security not in _MAIL_PORTS:
        raise WrongSetting(f"OUTBOUND_SMTP_SECURITY is {security!r}: give {', '.join(_MAIL_PORTS)}")
    port = os.environ.get("OUTBOUND_SMTP_PORT") or _MAIL_PORTS[security]
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise WrongSetting(f"OUTBOUND_SMTP_PORT is {port!r}: give a number between 1 and 65535")
    sender = os.environ.get("OUTBOUND_SMTP_FROM")
    if not sender:
        raise WrongSetting("OUTBOUND_SMTP_FROM is not set: give the address that e-mails come from")
    user, password = os.environ.get("OUTBOUND_SMTP_USER") or None, secret("OUTBOUND_SMTP_PASSWORD")
    if user and security == "none":
        raise WrongSetting("OUTBOUND_SMTP_USER: a password never goes out in the open; set OUTBOUND_SMTP_SECURITY")
    return Mail(host, int(port), security, sender, user, password, os.environ.get("OUTBOUND_SMTP_CA_FILE") or None)


def private_webhooks() -> bool:
    """Whether webhooks may go to private networks and to this machine: `OUTBOUND_PRIVATE_WEBHOOKS=1`."""
    return os.environ.get("OUTBOUND_PRIVATE_WEBHOOKS") == "1"
