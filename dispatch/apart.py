"""Keeps a recipient's parts apart where the carrier's receipts do not tell attempts apart: one at a time, and none
while one is in doubt (a lost refusal would otherwise cost one lost and one doubled part)."""

from collections.abc import Iterable
from typing import NamedTuple

from dispatch.parts import Load


class Part(NamedTuple):
    """One of a load's, at its place there."""

    load: Load
    at: int

    @property
    def recipient(self) -> int:
        return int(self.load.msisdns[self.at])


class Apart:
    """Of one connector that does not echo user_message_reference. Recipients are numbers, parts wait in order."""

    def __init__(self) -> None:
        self._busy: set[int] = set()  # a part is intended and has no end yet
        self._in_doubt: set[int] = set()  # an attempt is in doubt, by whichever worker
        self._lately: set[int] = set()  # came in doubt since the database was last asked
        self._behind: dict[int, list[Part]] = {}

    @property
    def waiting(self) -> int:
        return sum(len(parts) for parts in self._behind.values())

    def admit(self, part: Part) -> bool:
        """Whether the part may go now; else it waits here until its recipient is free."""
        recipient = part.recipient
        if recipient in self._busy or recipient in self._in_doubt:
            self._behind.setdefault(recipient, []).append(part)
            return False
        self._busy.add(recipient)
        return True

    def end(self, part: Part, *, in_doubt: bool) -> list[Part]:
        """An admitted part has its end: the parts that may be tried now."""
        recipient = part.recipient
        self._busy.discard(recipient)
        if in_doubt:
            self._in_doubt.add(recipient)
            self._lately.add(recipient)
        return self._released([recipient])

    def ask(self) -> None:
        """The database is about to be asked who is in doubt."""
        self._lately.clear()

    def know_in_doubt(self, recipients: set[int]) -> list[Part]:
        """Its answer, which may not know yet what came in doubt meanwhile: the parts that may be tried now."""
        settled = self._in_doubt - recipients - self._lately
        self._in_doubt = recipients | self._lately
        return self._released(settled)

    def release_all(self) -> list[Part]:
        """Nothing waits here any more."""
        return [part for parts in self._take(list(self._behind)) for part in parts]

    def _released(self, recipients: Iterable[int]) -> list[Part]:
        free = [one for one in recipients if one not in self._busy and one not in self._in_doubt]
        return [part for parts in self._take(free) for part in parts]

    def _take(self, recipients: Iterable[int]) -> Iterable[list[Part]]:
        return [self._behind.pop(recipient, []) for recipient in recipients]
