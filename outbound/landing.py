"""Where an account's landing zone is: one URL an account, read by everyone who puts a file there or takes one."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from outbound.errors import OutboundError
from outbound.settings import settings


class UnsupportedLanding(OutboundError):
    """A landing zone of a kind that this installation cannot reach: which, and what it can."""


def folder(landing: str) -> Path:
    """The folder of a landing zone, given as a path or a `file://` URL.

    A relative path lies below the home; a leading `.outbound/`, the home's default name, stands for the home itself.
    """
    parts = urlsplit(landing)
    if parts.scheme not in ("", "file"):
        raise UnsupportedLanding(
            f"landing zone {landing}: {parts.scheme}:// is not supported;"
            " give a path or a file:// URL of a local folder"
        )
    if parts.scheme and parts.netloc not in ("", "localhost"):
        raise UnsupportedLanding(
            f"landing zone {landing}: a file:// URL names no other machine; write three slashes, as in file:///srv/nile"
        )
    path = Path(unquote(parts.path) if parts.scheme else landing)
    if path.parts[:1] == (".outbound",):
        path = Path(*path.parts[1:])
    return settings().home / path
