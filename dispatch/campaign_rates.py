"""Campaigns with a rate of their own: no second holds more of one than that, over all workers and connectors."""

import time
from collections.abc import Iterable
from functools import partial

from dispatch.desk import Desk
from dispatch.parts import Batch
from dispatch.rates import RateShares
from dispatch.throttle import Throttle
from smpp.pace import UNLIMITED


class CampaignRates:
    """Of one worker. A part counts from when it is taken to be intended until a second after its end; `serial` is its
    intent's. Instants are those of `time.monotonic`."""

    def __init__(self, epoch: int, desk: Desk) -> None:
        self._shares = RateShares(epoch, desk, "campaign")
        self._throttles: dict[int, Throttle] = {}

    def allowance(self, batch: Batch, now: float) -> int:
        """How many parts of the batch's campaign may be taken now."""
        return UNLIMITED if batch.rate is None else self._throttle(batch.campaign_id).allowance(now)

    def took(self, batch: Batch, serial: int, parts: int, now: float) -> None:
        if batch.rate is not None:
            self._throttle(batch.campaign_id).wrote(serial, parts, now)

    def ended(self, batch: Batch, serial: int, parts: int, now: float, *, answered: bool) -> None:
        """answered: by the carrier, which has counted them."""
        throttle = self._throttles.get(batch.campaign_id)
        if throttle is not None:  # also of a campaign whose rate was lifted meanwhile: it may come back
            throttle.answered(serial, parts, now, lost=not answered)

    def next_at(self, now: float) -> float:
        """When some campaign has an allowance again; infinity where none has a rate."""
        return min((throttle.next_at(now) for throttle in self._throttles.values()), default=float("inf"))

    async def refresh(self, batches: Iterable[Batch]) -> None:
        """This worker's shares, of the campaigns whose batches it has."""
        rates = {batch.campaign_id: batch.rate for batch in batches if batch.rate is not None}
        for campaign, rate in rates.items():
            await self._shares.share(campaign, rate, None, partial(self._change, campaign))
        for campaign in self._throttles.keys() - rates.keys():
            self._change(campaign, 0)
            if await self._shares.leave(campaign):
                del self._throttles[campaign]

    def _throttle(self, campaign: int) -> Throttle:
        """It begins without a share."""
        throttle = self._throttles.get(campaign)
        if throttle is None:
            throttle = self._throttles[campaign] = Throttle(
                late=float("inf"), by_write=False
            )  # the commit of the intents comes between
            throttle.change(0, time.monotonic())
        return throttle

    def _change(self, campaign: int, share: int) -> None:
        throttle = self._throttle(campaign)
        if throttle.rate != share:
            throttle.change(share, time.monotonic())
