"""A carrier's access as it was set up: where, as whom, how fast, and what is known of its receipts."""

import os
import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from outbound.errors import OutboundError
from smpp.wire import Joined, Wire

RESPONSE_TIMEOUT = 60.0
UNMATCHED_AFTER = 60.0
AT_ONCE = ("sessions", "window", "rate", "routes", "answers", "message_id_form", "ledger_window", "stopped")


class WrongConnector(OutboundError):
    """A connector cannot be used as it is set up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """A row of dispatch.connector. rate: segments a second over all workers, None = no limit. stopped: by a kill switch.

    options (column settings), seconds where not said otherwise: response_timeout, enquire_link, unmatched_after (how
    long a receipt waits for its answer before it is tried on what is in doubt), system_type (text), receives_for (the name
    of the connector whose receipts and replies a receiver takes).
    """

    connector_id: int
    name: str
    host: str
    port: int
    system_id: str
    password: dict[str, str] = field(repr=False)
    bind: str
    sessions: int
    window: int
    rate: int | None
    routes: list[Any]
    answers: dict[str, str]
    wire: dict[str, Any]
    echoes_reference: bool
    message_id_form: str
    ledger_window: int
    tls: Any
    options: dict[str, Any]
    enabled: bool
    stopped: bool

    def becomes_at_once(self, other: "Connector") -> bool:
        """Whether its sessions may go on as those of the other: nothing of what they were bound with differs."""
        return (
            self.sessions <= other.sessions
            and replace(self, **{name: getattr(other, name) for name in AT_ONCE}) == other
        )

    @property
    def as_wired(self) -> Wire:
        """How segments go out here."""
        return Wire(**{**self.wire, "joined": Joined(self.wire.get("joined", Joined.UDH))})

    def seconds(self, option: str, default: float) -> float:
        return float(self.options.get(option, default))

    @property
    def sends(self) -> bool:
        return self.bind != "receiver"

    def secret(self) -> str:
        """The password, from where it is kept."""
        if "value" in self.password:
            return self.password["value"]
        if "env" in self.password:
            name = self.password["env"]
            if name not in os.environ:
                raise WrongConnector(f"connector {self.name}: the environment has no {name} with its password; set it")
            return os.environ[name]
        path = Path(self.password["file"])
        try:
            return path.read_text().strip()
        except OSError as error:
            raise WrongConnector(
                f"connector {self.name}: its password file {path} cannot be read ({error.strerror}); "
                "correct it in the set-up"
            ) from None

    def context(self) -> ssl.SSLContext | None:
        """TLS as set up: none, with the system's authorities, or with those of ca_file."""
        if not self.tls:
            return None
        authorities = self.tls.get("ca_file") if isinstance(self.tls, dict) else None
        try:
            return ssl.create_default_context(cafile=authorities)
        except OSError as error:
            raise WrongConnector(
                f"connector {self.name}: ca_file {authorities} cannot be read ({error.strerror or error}); "
                "correct it in the set-up"
            ) from None
