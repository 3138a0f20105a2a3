"""A small OpenID Connect provider on loopback: it lets everybody in at once as whoever the test says, by tokens really signed."""

import base64
import hashlib
import json
import secrets
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT, SECRET = "outbound-portal", "a secret of the provider's"


class Provider:
    """claims: what its tokens say besides the usual ones; None takes one of these out. key: that it signs with."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.published = ECKey.generate_key("P-256", {"kid": "first"})
        self.forget()

    def forget(self) -> None:
        self.claims: dict[str, Any] = {"email": "nadia@nile.example", "email_verified": True}
        self.key = self.published
        self.algorithm = "ES256"
        self.calls_itself = self.issuer
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: dict[str, str] = {}

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.calls_itself,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def authorize(self, asked: dict[str, str]) -> str:
        self.asked = asked
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return asked["redirect_uri"] + "?" + urllib.parse.urlencode({"code": code, "state": asked["state"]})

    def token(self, asked: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Once a code, for who has its secret, its address and the word whose hash came with the browser."""
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        given = self.codes.pop(asked.get("code", ""), None)
        hashed = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        is_right = (
            given is not None
            and authorization == f"Basic {basic}"
            and given["code_challenge_method"] == "S256"
            and given["code_challenge"] == base64.urlsafe_b64encode(hashed).decode().rstrip("=")
            and given["redirect_uri"] == asked["redirect_uri"]
        )
        if not is_right:
            return 400, {"error": "invalid_grant"}
        assert given is not None
        now = int(time.time())
        said = {
            "iss": self.issuer, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300, "nonce": given["nonce"], **self.claims,
        }  # fmt: skip
        claims = {name: value for name, value in said.items() if value is not None}
        signed = jwt.encode({"alg": self.algorithm, "kid": "first"}, claims, self.key, algorithms=[self.algorithm])
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": signed}


@contextmanager
def provider() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            where = urllib.parse.urlsplit(self.path)
            if where.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", made.authorize(dict(urllib.parse.parse_qsl(where.query))))
                self.end_headers()
            elif where.path == "/keys":
                self.answer(200, {"keys": [made.published.as_dict(private=False)]})
            else:
                self.answer(200, made.discovery())

        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(*made.token(dict(urllib.parse.parse_qsl(asked)), self.headers.get("Authorization", "")))

        def answer(self, status: int, content: dict[str, Any]) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Provider(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
