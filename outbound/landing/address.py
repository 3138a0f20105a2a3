"""Where an account's landing zone is: one URL an account, read by everyone who puts a file there or takes one."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import SplitResult, unquote, urlsplit

from outbound.errors import OutboundError
from outbound.settings import settings

_SSH = 22


class WrongLanding(OutboundError):
    """The address of a landing zone cannot be used: why, and how to write it."""


@dataclass(frozen=True)
class Folder:
    """A folder that this machine sees."""

    path: Path

    def overlaps(self, other: "Address") -> bool:
        if not isinstance(other, Folder):
            return False
        own, its = self.path.resolve(), other.path.resolve()
        return own.is_relative_to(its) or its.is_relative_to(own)


@dataclass(frozen=True)
class Sftp:
    """A folder of an SFTP server. path: "" is where a login begins; a relative one lies below it."""

    host: str
    port: int
    user: str
    path: str

    def overlaps(self, other: "Address") -> bool:
        """By what can be read here: servers often show each user a root of its own."""
        if not isinstance(other, Sftp) or (self.host, self.port, self.user) != (other.host, other.port, other.user):
            return False
        own, its = PurePosixPath(self.path), PurePosixPath(other.path)
        return own.is_relative_to(its) or its.is_relative_to(own)


@dataclass(frozen=True)
class Bucket:
    """The objects of an S3 bucket whose keys begin with a prefix; "" or one that ends with a slash."""

    name: str
    prefix: str

    def overlaps(self, other: "Address") -> bool:
        return (
            isinstance(other, Bucket)
            and self.name == other.name
            and (self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix))
        )


Address = Folder | Sftp | Bucket


def parse(landing: str) -> Address:
    """A path, `file:///path`, `sftp://user@host:port/path` or `s3://bucket/prefix`. Raises WrongLanding.

    A relative path lies below the home; a leading `.outbound/`, the home's default name, stands for the home itself.
    Of sftp the path is absolute; `/~/path` begins where the login does.
    """
    try:
        parts = urlsplit(landing)
    except ValueError as error:
        raise WrongLanding(f"landing zone {landing.rpartition('@')[2]}: {error}") from None
    if "@" in parts.netloc and ":" in parts.netloc.rpartition("@")[0]:
        raise WrongLanding(
            f"landing zone {_without_login(parts)}: holds a password; take it out of the URL and give it in the"
            " environment as OUTBOUND_LANDING_<ACCOUNT>_PASSWORD, or in the account's Airflow connection"
        )
    if parts.scheme == "sftp":
        return _sftp(landing, parts)
    if parts.scheme == "s3":
        return _bucket(landing, parts)
    if parts.scheme not in ("", "file"):
        raise WrongLanding(
            f"landing zone {landing}: {parts.scheme}:// is not supported; give a path, file:///path,"
            " sftp://user@host/path or s3://bucket/prefix"
        )
    if parts.scheme and parts.netloc not in ("", "localhost"):
        raise WrongLanding(
            f"landing zone {landing}: a file:// URL names no other machine; write three slashes, as in file:///srv/nile"
        )
    path = Path(unquote(parts.path) if parts.scheme else landing)
    if path.parts[:1] == (".outbound",):
        path = Path(*path.parts[1:])
    return Folder(settings().home / path)


def _without_login(parts: SplitResult) -> str:
    return f"{parts.scheme}://...@{parts.netloc.rpartition('@')[2]}{parts.path}"


def _sftp(landing: str, parts: SplitResult) -> Sftp:
    _refuse_extras(landing, parts)
    try:
        host, port = parts.hostname, parts.port or _SSH
    except ValueError:
        raise WrongLanding(f"landing zone {landing}: the port is a number from 1 to 65535") from None
    if not host:
        raise WrongLanding(f"landing zone {landing}: names no host; write it like sftp://user@host:22/path")
    path = unquote(parts.path).rstrip("/")
    if path.startswith("/~"):
        path = path.removeprefix("/~").lstrip("/")
    elif not path and parts.path:
        path = "/"
    return Sftp(host, port, unquote(parts.username or ""), path)


def _bucket(landing: str, parts: SplitResult) -> Bucket:
    _refuse_extras(landing, parts)
    if not parts.netloc or "@" in parts.netloc or ":" in parts.netloc:
        raise WrongLanding(
            f"landing zone {landing}: names no bucket; write it like s3://bucket/prefix, keys and endpoint go into the"
            " environment"
        )
    prefix = unquote(parts.path).strip("/")
    return Bucket(parts.netloc, f"{prefix}/" if prefix else "")


def _refuse_extras(landing: str, parts: SplitResult) -> None:
    if parts.query or parts.fragment:
        raise WrongLanding(f"landing zone {landing}: nothing may follow the path; write ? and # as %3F and %23")
