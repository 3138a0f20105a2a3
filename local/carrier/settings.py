"""What the simulated carrier does, as values: accounts, outcomes, times, faults."""

from dataclasses import dataclass, field
from pathlib import Path

from local.carrier.fate import Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What goes wrong, on purpose. None or 0 = never.

    silent_after: after so many submissions no answer and no receipt is sent any more, on any session.
    disconnect_after: each session is cut after so many submissions, the last ones accepted and not answered.
    queue_full_every: every n-th submission is refused with ESME_RMSGQFUL.
    garbage_after: each session gets octets that are no PDU after so many submissions.
    """

    silent_after: int | None = None
    disconnect_after: int | None = None
    queue_full_every: int | None = None
    garbage_after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Seconds everywhere; shares are parts of 1.

    accounts: password by system_id. shares: how many of all destinations meet each fate, the rest is delivered.
    rules: a destination that ends in these digits meets this fate; the first that fits decides. latency: from a
    submission to its answer. receipt_delay: from the acceptance to the first receipt; handset_off: to the delivery
    to a handset that was off; expiry: to the receipt that says expired. resend: after so long an unanswered receipt
    is sent again. rate: segments a second and system_id, above it ESME_RTHROTTLED. id_form: how answers write message
    ids (decimal or hex); receipt_id_form: how receipts do.
    """

    host: str = "127.0.0.1"
    port: int = 2775
    accounts: dict[str, str] = field(default_factory=lambda: {"outbound": "secret"})
    seed: int = 0
    shares: dict[Fate, float] = field(default_factory=dict)
    rules: tuple[tuple[str, Fate], ...] = ()
    latency: float = 0.0
    receipt_delay: float = 0.2
    handset_off: float = 3.0
    expiry: float = 2.0
    resend: float = 30.0
    rate: float | None = None
    window: int = 500
    echo_reference: bool = True
    intermediate: bool = True
    id_form: str = "decimal"
    receipt_id_form: str = "decimal"
    faults: Faults = Faults()
    witness: Path | None = None
    status_file: Path | None = None
