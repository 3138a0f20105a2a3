"""What the simulated carrier does, as values: accounts, outcomes, times, receipts, faults."""

from dataclasses import dataclass, field
from pathlib import Path

from local.carrier.fate import Fate
from local.carrier.garbage import Garbage
from local.carrier.ids import IdForm
from local.carrier.layouts import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What goes wrong, on purpose. None, 0 or empty = never.

    silent_after: after so many submissions no answer and no receipt is sent any more, on any session; for silent_for
    seconds where that is set (the answers of that time never come). half_open_after: each session hears and says
    nothing any more after so many submissions, not even enquire_link, the last ones accepted and not answered.
    disconnect_after: each session is cut after so many submissions, the last ones accepted and not answered, or
    answered where disconnect_answered. queue_full_every: every n-th submission is refused with ESME_RMSGQFUL.
    statuses: which command_status refuses what share of the submissions, whomever they are for.
    garbage_after: each session gets garbage after so many submissions, in the place of an answer or of a receipt.
    refuse_binds_for: seconds from the start in which binds are refused with ESME_RBINDFAIL.
    """

    silent_after: int | None = None
    silent_for: float | None = None
    half_open_after: int | None = None
    disconnect_after: int | None = None
    disconnect_answered: bool = False
    queue_full_every: int | None = None
    statuses: tuple[tuple[int, float], ...] = ()
    garbage_after: int | None = None
    garbage: Garbage = Garbage.OCTETS
    refuse_binds_for: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """How receipts come. Shares of the accepted segments, in parts of 1.

    delay: seconds from the acceptance to the first receipt; handset_off: to the delivery to a handset that was off;
    expiry: to the receipt that says expired; resend: after so long an unanswered one is sent again. missing: never
    sent. duplicate: sent twice. early: written before the answer to the submission. late: sent late_by seconds later.
    intermediate: whether states that are not final are told. echo_reference: with user_message_reference.
    """

    delay: float = 0.2
    handset_off: float = 3.0
    expiry: float = 2.0
    resend: float = 30.0
    missing: float = 0.0
    duplicate: float = 0.0
    early: float = 0.0
    late: float = 0.0
    late_by: float = 5.0
    intermediate: bool = True
    echo_reference: bool = True
    id_form: IdForm = IdForm.DECIMAL
    layout: Layout = Layout.STANDARD


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """Subscribers answer (MO). share: of the accepted segments; delay: seconds from the acceptance."""

    share: float = 0.0
    text: str = "STOP"
    delay: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Seconds everywhere; shares are parts of 1.

    accounts: password by system_id. shares: how many of all destinations meet each fate, the rest is delivered.
    rules: a destination that ends in these digits meets this fate; the first that fits decides. latency: from a
    submission to its answer, and up to jitter more, another one for each. rate: segments a second and system_id, above
    it ESME_RTHROTTLED. window: receipts without an answer, per session. id_form: how answers write message ids.
    tls: the folder of the certificate to serve with, see `certificate.context`; None = in the clear.
    """

    host: str = "127.0.0.1"
    port: int = 2775
    accounts: dict[str, str] = field(default_factory=lambda: {"outbound": "secret"})
    seed: int = 0
    shares: dict[Fate, float] = field(default_factory=dict)
    rules: tuple[tuple[str, Fate], ...] = ()
    latency: float = 0.0
    jitter: float = 0.0
    rate: float | None = None
    window: int = 500
    id_form: IdForm = IdForm.DECIMAL
    receipts: Receipts = Receipts()
    replies: Replies = Replies()
    faults: Faults = Faults()
    witness: Path | None = None
    status_file: Path | None = None
    tls: Path | None = None
