"""A customer's receiver on this machine, which checks signatures as the documentation says."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """calls: (path, headers, body) as they came. status: what it answers, with these headers."""

    key: str
    status: int = 200
    answer_headers: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    def is_signed(self, call: int = -1) -> bool:
        """The documented check."""
        _, headers, body = self.calls[call]
        wanted = hmac.new(self.key.encode(), headers["Outbound-Timestamp"].encode() + b"." + body, hashlib.sha256)
        return hmac.compare_digest(headers["Outbound-Signature"], "v1=" + wanted.hexdigest())

    def notices(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.calls]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?from=outbound"


@contextmanager
def listening(receiver: Receiver) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.calls.append((self.path, dict(self.headers), body))
            self.send_response(receiver.status)
            for name, value in receiver.answer_headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", receiver.port), Handler)
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
