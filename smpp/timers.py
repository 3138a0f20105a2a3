"""The timers of one session (SMPP 3.4 section 7.2) as a pure struct: the time comes in, what is due comes out."""

from dataclasses import dataclass
from enum import Enum

ENQUIRE_LINK = 30.0  # seconds
DEAD_AFTER_ENQUIRE = 10.0


class Due(Enum):
    """What a session has to do now."""

    NOTHING = "nothing"
    ENQUIRE = "enquire"  # send enquire_link
    SILENT = "silent"  # enquire_link was not answered: the peer is gone
    UNBOUND = "unbound"  # connected, but no bind in time
    IDLE = "idle"  # no request from the peer for too long


@dataclass(slots=True)
class Timers:
    """Seconds; None switches a timer off.

    enquire_link: no answer for so long, then ask, so that the log shows when the peer last answered (SLA S1), also
    on a session that only receives. response: nothing at all heard for so long after asking. session_init: from the
    connection to the bind. inactivity: without a message from the peer.
    """

    enquire_link: float | None = ENQUIRE_LINK
    response: float = DEAD_AFTER_ENQUIRE
    session_init: float | None = 10.0
    inactivity: float | None = None
    _opened: float = 0.0
    _answered: float = 0.0
    _asked: float = 0.0
    _active: float = 0.0
    _listening: bool = False  # asked, and nothing heard since
    _bound: bool = False

    def opened(self, now: float) -> None:
        self._opened = now

    def bound(self, now: float) -> None:
        self._bound = True
        self._answered = self._asked = self._active = now

    def heard(self) -> None:
        """Any PDU came: the peer lives."""
        self._listening = False

    def answered(self, now: float) -> None:
        """The peer answered a request."""
        self._answered = now

    def active(self, now: float) -> None:
        """A message came, not only a sign of life."""
        self._active = now

    def asked(self, now: float) -> None:
        """An enquire_link went out."""
        self._asked = now
        self._listening = True

    def due(self, now: float) -> Due:
        """The most urgent thing; ask again after doing it."""
        return next((due for at, due in self._deadlines() if at <= now), Due.NOTHING)

    def next_at(self) -> float | None:
        """When something is due next, if nothing comes until then; None where every timer is off."""
        return min((at for at, _ in self._deadlines()), default=None)

    def _deadlines(self) -> list[tuple[float, Due]]:
        if not self._bound:
            return [] if self.session_init is None else [(self._opened + self.session_init, Due.UNBOUND)]
        deadlines = []
        if self._listening:
            deadlines.append((self._asked + self.response, Due.SILENT))
        elif self.enquire_link is not None:
            deadlines.append((max(self._answered, self._asked) + self.enquire_link, Due.ENQUIRE))
        if self.inactivity is not None:
            deadlines.append((self._active + self.inactivity, Due.IDLE))
        return deadlines
