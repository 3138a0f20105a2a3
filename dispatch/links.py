"""All connectors of a worker, as they are set up now: where a number goes, and the line of each to its carrier."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import numpy as np

from dispatch import served
from dispatch.campaign_rates import CampaignRates
from dispatch.connectors import Connector
from dispatch.desk import Desk
from dispatch.elsewhere import Elsewhere
from dispatch.inbox import Inbox
from dispatch.journal import LINES, Journal
from dispatch.ledger import Ledger
from dispatch.link import Link
from dispatch.parts import Batch, Numbers
from dispatch.rates import RateShares
from dispatch.routes import NOT_NOW, Routes
from dispatch.sessionlog import SessionLog
from outbound.logs import logger
from outbound.queries import load
from smpp.wire import Wire

log = logger("dispatch.links")
Q = load("dispatch/sessions")

PATIENCE = 2.0  # seconds that messages wait for a connector's sessions before they may go elsewhere

COLUMNS = (
    "connector_id", "name", "host", "port", "system_id", "password", "bind", "sessions", "window", "rate", "routes",
    "answers", "wire", "echoes_reference", "message_id_form", "ledger_window", "tls", "options", "enabled", "stopped",
)  # fmt: skip


class Links:
    """A connector that is changed keeps its link; its sessions end only where they have to be bound anew.

    elsewhere: the connectors that are other workers' have no link here, but their place in the routes.
    """

    def __init__(
        self,
        epoch: int,
        desk: Desk,
        journal: Journal,
        ledger: Ledger,
        sessions: SessionLog,
        inbox: Inbox,
        wake: Callable[[], None],
        spawn: "Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]",
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.elsewhere = elsewhere or Elsewhere()
        self._epoch = epoch
        self._desk = desk
        self._journal = journal
        self._ledger = ledger
        self._sessions = sessions
        self._inbox = inbox
        self._wake = wake
        self._spawn = spawn
        self._links: dict[int, Link] = {}
        self._routes = Routes({})
        self._senders: dict[int, Connector] = {}  # by receiver: whose receipts it takes
        self._next_line = 0
        self._shares = RateShares(epoch, desk)
        self.campaign_rates = CampaignRates(epoch, desk)
        self._unusable_since: dict[int, float] = {}

    def __getitem__(self, connector_id: int) -> Link:
        return self._links[connector_id]

    def all(self) -> list[Link]:
        return list(self._links.values())

    def route(self, msisdns: Numbers, networks: Numbers) -> Numbers:
        """The connectors of messages, NO_ROUTE where no carrier of ours goes there, NOT_NOW where one does that cannot be
        used now, or can by other workers only."""
        found = self._routes.connectors(msisdns, networks.astype(np.int32), self.ways()).astype(np.int64)
        if self.elsewhere.usable:
            found[np.isin(found, list(self.elsewhere.usable))] = NOT_NOW
        return found

    def ways(self) -> set[int]:
        """The connectors that messages can go over now, of whichever worker."""
        return {connector for connector, link in self._links.items() if link.is_usable} | self.elsewhere.usable

    def wire(self, connector_id: int) -> Wire:
        return self._links[connector_id].connector.as_wired

    def can_use(self, connector_id: int) -> bool:
        return connector_id in self._links and self._links[connector_id].is_usable

    def are_hungry(self, coming: int) -> bool:
        """Whether some link could send more than waits for it. coming: messages of batches that are being read."""
        return any(link.is_hungry(coming) for link in self._links.values())

    @property
    def may_send(self) -> bool:
        """Whether some link can send now."""
        return any(link.may_send for link in self._links.values())

    def listening(self) -> dict[int, datetime]:
        """connector -> since when its receipts are heard and stored without a break."""
        stored_since = self._inbox.keeps_up_since()
        if stored_since is None:
            return {}
        heard: dict[int, datetime] = {}
        for link in self._links.values():
            if link.receiving_since is not None:
                connector = self._sender(link.connector).connector_id
                heard[connector] = max(link.receiving_since, stored_since, heard.get(connector, stored_since))
        return heard

    @property
    def can_send(self) -> bool:
        """Whether something can be sent at all: else batches wait, they are not given up for want of a route."""
        return any(link.connector.sends for link in self._links.values())

    def obstacles(self) -> list[str]:
        """Why connectors cannot be sent to, one line each; those that can, or were not tried yet, are not named."""
        if not self.can_send:
            return ["no connector is set up that sends: add one with `outbound apply`"]
        return [link.obstacle for link in self._links.values() if link.connector.sends and link.obstacle is not None]

    @property
    def stuck(self) -> bool:
        """Whether no connector at all can be sent to, as far as is known."""
        return all(link.obstacle is not None for link in self._links.values() if link.connector.sends)

    async def refresh(self, coming: int = 0) -> None:
        """Connectors as they are set up now, this worker's share of their rates, and what is in doubt at those that
        do not tell attempts apart."""
        rows = await self._desk.rows(Q.connectors)
        connectors = [Connector(**dict(zip(COLUMNS, row, strict=True))) for row in rows]
        if self.elsewhere.possible:
            self.elsewhere.check(connector.name for connector in connectors)
            bound = {row[0] for row in await self._desk.rows(Q.bound_elsewhere, {"epoch": self._epoch})}
            self.elsewhere.know(bound, connectors)
        for connector in connectors:
            if self.elsewhere.serves(connector):
                await self._apply(connector, coming)
        by_name = {connector.name: connector for connector in connectors}
        self._senders = {
            one.connector_id: by_name[one.options["receives_for"]]
            for one in connectors
            if one.options.get("receives_for") in by_name
        }
        self._routes = await served.read(self._desk, {one.connector_id: one.routes for one in connectors if one.sends})
        for link in self._links.values():
            link.look()
            self._lead_round(link)

    def _lead_round(self, link: Link) -> None:
        """What waits for a connector that cannot be used is planned anew; a session that is lost may be back at once."""
        connector, now = link.connector.connector_id, time.monotonic()
        if link.may_send or not link.waiting:
            self._unusable_since.pop(connector, None)
        elif now - self._unusable_since.setdefault(connector, now) >= PATIENCE or link.connector.stopped:
            link.give_back()

    async def _apply(self, connector: Connector, coming: int) -> None:
        link = self._links.get(connector.connector_id)
        if link is None:
            link = self._links[connector.connector_id] = self._make(connector)
            if connector.enabled:
                link.start()
        elif link.connector != connector and not link.changing:
            link.change(connector, self._lines_for(link, connector))
            log.info("connector changed", connector=connector.name, enabled=connector.enabled)
        if connector.rate is None:
            link.change_share(None)
        elif link.is_bound and not link.changing:
            await self._shares.share(connector.connector_id, connector.rate, link.wants(coming), link.change_share)
        else:
            link.change_share(0)
            await self._shares.leave(connector.connector_id)
        if not connector.echoes_reference:
            await self._keep_apart(link)

    async def _keep_apart(self, link: Link) -> None:
        where = {"connector": link.connector.connector_id, "epoch": self._epoch}
        may_bind = link.is_bound or not link.tried_to_bind
        exclusive = (await self._desk.rows(Q.claim_connector, {**where, "may_bind": may_bind}))[0][0]
        link.ask()
        recipients = {row[0] for row in await self._desk.rows(Q.in_doubt_recipients, where)}
        link.know_in_doubt(recipients, exclusive=exclusive)

    def _make(self, connector: Connector) -> Link:
        link = Link(
            connector, self._journal, self._ledger, self._sessions,
            lambda of, *delivered: self._inbox.receive(self._sender(of.connector), *delivered), self._wake,
            self._spawn, self.campaign_rates,
        )  # fmt: skip
        link.add_lines(self._lines_for(link, connector))
        return link

    def _sender(self, connector: Connector) -> Connector:
        """Whose attempts the receipts are about that come in here."""
        return self._senders.get(connector.connector_id, connector)

    def _lines_for(self, link: Link, connector: Connector) -> list[int]:
        """Numbers for the lines that the link lacks."""
        missing = max(0, connector.sessions - len(link.lines))
        first, self._next_line = self._next_line, self._next_line + missing
        if self._next_line > LINES:
            log.error("too many lines", lines=self._next_line, possible=LINES)
            self._next_line = first
            return []
        return list(range(first, first + missing))

    def discard(self, batch: Batch) -> None:
        for link in self._links.values():
            link.discard(batch)

    def count(self, seconds: float) -> None:
        for link in self._links.values():
            link.count(seconds)

    def log_counters(self) -> None:
        for link in self._links.values():
            link.log_counters()

    def stop_intending(self) -> None:
        for link in self._links.values():
            link.stop_intending()

    async def unbind(self, timeout: float) -> None:
        await asyncio.gather(*(link.unbind(timeout) for link in self._links.values()))

    def close(self) -> None:
        for link in self._links.values():
            link.close()
