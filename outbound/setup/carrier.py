"""What a set-up file says of a carrier's access: how to log in, what goes out there and how."""

from collections import Counter
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from outbound.setup.prices import BuyRates
from outbound.setup.values import Prefix, Rate, Strict, Text


class Authorities(Strict):
    """Which certificates a TLS connection trusts: those of ca_file, else the system's."""

    ca_file: Text | None = None


def _tls(value: Any) -> Any:
    return {"ca_file": None} if value is True else None if value is False else value


ENQUIRE_LINK = 30  # seconds, where a connector says nothing: as smpp.timers has it, which the kernel does not import
DEAD_AFTER_ENQUIRE = 10  # seconds that an enquire_link may be without an answer


class Timing(Strict):
    """Seconds that few carriers need otherwise, the bind's system_type, and for a receiver the name of the connector whose
    receipts and replies come in there."""

    response_timeout: int | None = Field(default=None, ge=1)
    enquire_link: int | None = Field(default=None, ge=1)
    unmatched_after: int | None = Field(default=None, ge=1)
    system_type: str | None = Field(default=None, max_length=12)
    receives_for: Text | None = None


class Route(Strict):
    """Numbers that go out at a connector, told by their first digits or by their operator. Of the connectors that serve
    a number the cheapest that can be used goes first; equals share by weight."""

    prefix: Prefix | None = None
    operator: Text | None = None
    cost: Rate = Decimal(0)
    weight: int = Field(default=1, ge=1, le=1000)

    @model_validator(mode="before")
    @classmethod
    def _plain_prefix(cls, value: Any) -> Any:
        return value if isinstance(value, dict | Route) else {"prefix": value}

    @model_validator(mode="after")
    def _serves_something(self) -> "Route":
        if (self.prefix is None) == (self.operator is None):
            raise ValueError("give exactly one of prefix and operator")
        return self


def _statuses(answers: dict[str, str]) -> dict[str, str]:
    """By their number in eight digits, so that a status stands there once."""
    found: dict[str, str] = {}
    for written, meaning in answers.items():
        status = int(written, 16)
        if status == 0:
            raise ValueError("0x00000000 always means accepted: leave it out")
        key = f"0x{status:08x}"
        if key in found:
            raise ValueError(f"{written} stands here twice: keep one")
        found[key] = meaning
    return found


CommandStatus = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{1,8}$")]
Meaning = Literal["retry", "slow_down", "in_doubt", "final"]
Answers = Annotated[dict[CommandStatus, Meaning], AfterValidator(_statuses)]


DataCoding = Annotated[int, Field(ge=0, le=255)]


class Wire(Strict):
    """How segments go out."""

    joined: Literal["udh", "udh16", "sar"] = "udh"
    in_payload: bool = False
    gsm: DataCoding = 0
    latin1: DataCoding | None = None
    ucs2: DataCoding = 8

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> "Wire":
        used = [number for number in (self.gsm, self.latin1, self.ucs2) if number is not None]
        if len(set(used)) < len(used):
            raise ValueError(f"gsm, latin1 and ucs2 are numbers of their own, not {', '.join(map(str, used))}")
        return self


class Connector(Strict):
    """A way out: an SMPP server."""

    name: Text
    host: Text
    port: int = Field(default=2775, ge=1, le=65535)
    system_id: str = Field(min_length=1, max_length=15)
    password: str | None = Field(default=None, repr=False)
    password_file: Text | None = None
    password_env: Text | None = None
    bind: Literal["transmitter", "receiver", "transceiver"] = "transceiver"
    sessions: int = Field(default=1, ge=1, le=64)
    window: int = Field(default=100, ge=1, le=100_000)
    rate: int | None = Field(default=None, ge=1, le=2_000_000_000)
    routes: list[Route] = Field(default_factory=list)
    answers: Answers = Field(default_factory=dict)
    wire: Wire = Wire()
    receipts_complete: bool = False
    in_doubt_after: int | None = Field(default=None, ge=1, le=2_000_000_000)
    in_doubt_policy: Literal["never_twice", "at_least_once"] = "never_twice"
    echoes_reference: bool = True
    message_id_form: Literal["as_is", "decimal", "hex", "auto"] = "auto"
    ledger_window: int = Field(default=8000, ge=1, le=100_000)
    tls: Annotated[Authorities | None, BeforeValidator(_tls)] = None
    options: Timing = Timing()
    enabled: bool = True

    @model_validator(mode="after")
    def _belongs_together(self) -> "Connector":
        if sum(way is not None for way in (self.password, self.password_file, self.password_env)) != 1:
            raise ValueError("give exactly one of password, password_file and password_env")
        if self.bind != "receiver" and not self.routes:
            raise ValueError('routes is empty, so nothing would go out here: give prefixes, like routes: ["20"]')
        if self.options.receives_for is not None and self.bind != "receiver":
            raise ValueError("receives_for is of a connector with bind: receiver; this one has receipts of its own")
        if self.in_doubt_after is not None and not self.receipts_complete:
            raise ValueError("in_doubt_after means something only where receipts_complete is true: leave it out")
        noticed = (self.options.enquire_link or ENQUIRE_LINK) + DEAD_AFTER_ENQUIRE
        if self.in_doubt_after is not None and self.in_doubt_after < noticed:
            raise ValueError(
                f"in_doubt_after is {self.in_doubt_after}, but it takes up to {noticed} s to notice a dead session, whose "
                f"silence proves nothing: give {noticed} or more"
            )
        twice = [key for key, count in Counter((r.prefix, r.operator) for r in self.routes).items() if count > 1]
        if twice:
            raise ValueError(f"{twice[0][0] or twice[0][1]} stands twice among its routes: keep one")
        return self


class PricedConnector(Connector):
    """A connector and what it costs. Buy rates that are left out stay as they are."""

    buy_rates: BuyRates | None = None
