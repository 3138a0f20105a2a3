"""Routes as the database keeps them: those of now, and those that were there when a campaign was accepted."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dispatch.desk import Desk
from dispatch.recipients import Recipients
from dispatch.routes import NOT_NOW, Routes, understood
from outbound.queries import load

Q = load("dispatch/batches")
QS = load("dispatch/sessions")


async def read(desk: Desk, stored: Mapping[int, Sequence[Any]]) -> Routes:
    """stored: connector id -> its routes, as dispatch.connector keeps them."""
    routes = {connector: understood(served) for connector, served in stored.items()}
    named = [route.operator for served in routes.values() for route in served if route.operator]
    operators: list[tuple[Any, ...]] = await desk.rows(QS.operators, {"operators": named}) if named else []
    return Routes(routes, dict(operators))


async def lost_their_route(desk: Desk, campaign_id: int, unserved: Recipients) -> set[int]:
    """Of these messages that no route serves, the ordinals of those that one served when their campaign was accepted:
    whoever changed it may have slipped."""
    former = await desk.rows(Q.former_routes, {"campaign": campaign_id})
    if not former:
        return set()
    routes = await read(desk, {place: stored for place, (stored,) in enumerate(former, 1)})
    found = routes.connectors(unserved.msisdns, unserved.networks.astype(np.int32), frozenset())
    return set(unserved.ordinals[found == NOT_NOW].tolist())
