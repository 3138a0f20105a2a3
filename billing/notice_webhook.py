"""A notice by webhook: a signed POST that goes to the address that was looked at, and to no other.

`Outbound-Signature: v1=<hex>` is the HMAC-SHA256, under the account's key, of the timestamp, a full stop and the body.
"""

import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from outbound.errors import OutboundError

SECONDS = 10  # for the connection and for each answer
SECONDS_IN_ALL = 20  # a receiver that answers byte by byte gets no longer
REPLAY_SECONDS = 300  # what a receiver should take: a call whose timestamp is older was recorded by somebody

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotCalled(OutboundError):
    """A webhook was not called, or did not take the notice: what happened, without what it answered."""


def signature(key: str, timestamp: str, body: bytes) -> str:
    return "v1=" + hmac.digest(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hex()


def headers(key: str, delivery: str, body: bytes, at: datetime) -> dict[str, str]:
    """at: of this very try, so that a repetition is no replay; the id stays the same."""
    timestamp = str(int(at.timestamp()))
    return {
        "Content-Type": "application/json",
        "User-Agent": "Outbound",
        "Outbound-Notice-Id": delivery,
        "Outbound-Timestamp": timestamp,
        "Outbound-Signature": signature(key, timestamp, body),
    }


def encode(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, default=str).encode()


def call(url: str, body: bytes, sent: Mapping[str, str], *, private: bool = False) -> None:
    """Returns once the receiver has answered 2xx. private: it may lie in a private network or on this machine, there also
    without TLS. Redirects are not followed. Raises NotCalled."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _looked_up(host, port, private=private)
    if parts.scheme != "https" and not (private and address.is_loopback):
        raise NotCalled("it is not https, and goes to no receiver on this machine")
    try:
        status = _posted(_Connection(host, port, address, parts.scheme == "https"), parts, body, sent)
    except (OSError, http.client.HTTPException) as error:
        raise NotCalled(f"no answer: {type(error).__name__}") from None
    if not 200 <= status < 300:
        redirected = ", a redirect, which is not followed" if 300 <= status < 400 else ""
        raise NotCalled(f"it answered {status}{redirected}")


def _posted(connection: http.client.HTTPConnection, parts: Any, body: bytes, sent: Mapping[str, str]) -> int:
    end = threading.Timer(SECONDS_IN_ALL, lambda: _cut(connection))
    end.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, dict(sent))
        return connection.getresponse().status
    finally:
        end.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    with suppress(OSError):  # it has ended by itself
        if connection.sock is not None:
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)  # below TLS, whose own would wait for a read


class _Connection(http.client.HTTPConnection):
    """To one address, whatever the name leads to by then; the certificate is that of the name."""

    def __init__(self, host: str, port: int, address: Address, tls: bool) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self.default_port = 443 if tls else 80
        self._address = address
        self._context = ssl.create_default_context() if tls else None

    def connect(self) -> None:
        self.sock = socket.create_connection((str(self._address), self.port), SECONDS)
        if self._context:
            tls = self._context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock = tls  # so that a handshake without an end can be cut
            tls.do_handshake()


def _looked_up(host: str, port: int, *, private: bool) -> Address:
    """Where a name leads. One that also leads into a private network is refused as a whole."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotCalled("its host is not known") from None
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    if not addresses:
        raise NotCalled("its host is not known")
    for address in addresses:
        if not is_public(address) and not (private and _is_near(address)):
            raise NotCalled("its host lies in a private network: OUTBOUND_PRIVATE_WEBHOOKS=1 lets notices go there")
    return addresses[0]


def is_public(address: Address) -> bool:
    """Whether it is one of the Internet's, and leads to nothing else by an IPv4 address within it."""
    return all(one.is_global and not one.is_multicast for one in (address, *_within(address)))


def _is_near(address: Address) -> bool:
    return (address.is_private or address.is_loopback) and not (
        address.is_multicast or address.is_unspecified or address.is_link_local
    )


_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


def _within(address: Address) -> list[Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour]
    found += address.teredo or ()
    if address in _TRANSLATED:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]
