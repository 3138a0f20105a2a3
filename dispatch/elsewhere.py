"""What a worker that serves only some connectors leaves to others: the connectors of theirs that messages can go over now,
and the batches that it has nothing more to do for."""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet

from dispatch.connectors import Connector
from outbound.errors import OutboundError

FORGET = 30.0  # seconds after which a batch is looked at again, whatever happened: something of it may be ours by then


class UnknownConnector(OutboundError):
    """A connector that a worker was to serve is not set up."""


class Elsewhere:
    """served: names of the connectors of this worker, None = all. Instants are seconds of any clock.

    A batch that was passed on is left to others until other connectors can be used than then, or for `FORGET` seconds.
    Else a worker with nothing to do would lease every batch of the others over and over.
    """

    def __init__(self, served: Collection[str] | None = None) -> None:
        self._served = None if served is None else frozenset(served)
        self._passed: dict[int, float] = {}
        self._ways: AbstractSet[int] = frozenset()
        self.usable: AbstractSet[int] = frozenset()

    @property
    def possible(self) -> bool:
        """Whether there is anything that this worker leaves to others."""
        return self._served is not None

    def check(self, names: Iterable[str]) -> None:
        """UnknownConnector where one that is to be served is none of these."""
        known = sorted(names)
        missing = sorted((self._served or frozenset()).difference(known))
        if missing:
            raise UnknownConnector(
                f"no connector is called {', '.join(missing)}; there are: {', '.join(known) or 'none'}. "
                "Correct --connector, or set it up with `outbound apply`"
            )

    def serves(self, connector: Connector) -> bool:
        """Whether it is this worker's."""
        return self._served is None or connector.name in self._served

    def know(self, bound: AbstractSet[int], connectors: Iterable[Connector]) -> None:
        """bound: where other workers have sessions that can be used."""
        self.usable = {
            one.connector_id
            for one in connectors
            if one.connector_id in bound and one.sends and one.enabled and not one.stopped and not self.serves(one)
        }

    def pass_on(self, batch_id: int, now: float) -> None:
        """What is left of the batch is nothing for this worker as things are."""
        self._passed[batch_id] = now + FORGET

    def passed(self, ways: AbstractSet[int], now: float) -> list[int]:
        """The batches that are left to others. ways: all connectors that can be used now, of whichever worker."""
        if ways != self._ways:
            self._ways = ways
            self._passed.clear()
        self._passed = {batch: until for batch, until in self._passed.items() if until > now}
        return list(self._passed)
