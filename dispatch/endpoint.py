"""`/healthz` and `/metrics` of a worker over HTTP: from a thread of its own, so that it answers when the event loop does not."""

import json
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from outbound.errors import OutboundError


class CannotListen(OutboundError):
    """The address of --http cannot be used: which one, and why."""


class Address(NamedTuple):
    host: str
    port: int


def parse(written: str) -> Address:
    """HOST:PORT, also [::1]:9100. ValueError says what is wrong with it."""
    host, colon, port = written.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ValueError("not an address like 127.0.0.1:9100")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


class Endpoint:
    """troubles(): why the worker is not healthy, empty where it is. details(): what else /healthz says."""

    def __init__(
        self,
        address: Address,
        registry: CollectorRegistry,
        troubles: Callable[[], list[str]],
        details: Callable[[], dict[str, Any]],
    ) -> None:
        pages = {"/healthz": lambda: _health(troubles(), details()), "/metrics": lambda: _metrics(registry)}

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                page = pages.get(self.path.partition("?")[0])
                status, kind, body = page() if page else _missing()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """A scrape is no event."""

        try:
            self._server = _server(address)((address.host, address.port), Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise CannotListen(
                f"--http {address.host}:{address.port}: {reason}; name an address of this machine and a free port"
            ) from None
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="endpoint", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _server(address: Address) -> type[ThreadingHTTPServer]:
    import socket

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        address_family = socket.AF_INET6 if ":" in address.host else socket.AF_INET

    return Server


Page = tuple[HTTPStatus, str, bytes]


def _health(troubles: list[str], details: dict[str, Any]) -> Page:
    status = HTTPStatus.SERVICE_UNAVAILABLE if troubles else HTTPStatus.OK
    body = {"healthy": not troubles, "troubles": troubles, **details}
    return status, "application/json", json.dumps(body, default=str).encode() + b"\n"


def _metrics(registry: CollectorRegistry) -> Page:
    return HTTPStatus.OK, CONTENT_TYPE_PLAIN_0_0_4, generate_latest(registry)


def _missing() -> Page:
    return HTTPStatus.NOT_FOUND, "text/plain", b"/healthz and /metrics\n"
