"""Journals that nobody needs any more, removed when a worker starts: of a process that is gone and left its file behind."""

import time
from pathlib import Path

from dispatch.boot import boot_id
from dispatch.desk import Desk
from dispatch.journal import Estate
from outbound.logs import logger
from outbound.queries import load

log = logger("dispatch.leftovers")
Q = load("dispatch/recovery")

YOUNG = 60.0  # seconds in which a starting worker may not have locked its journal yet


async def sweep(desk: Desk, folder: Path) -> int:
    """Removes the journals there that tell nothing: how many. Those stay whose process lives, whose epoch is not settled,
    and on this boot those of epochs that this database does not know: they may be another one's."""
    old = [path for path in sorted(folder.glob("*.journal")) if _is_old(path)]
    settled = dict(await desk.rows(Q.journals, {"paths": [str(path) for path in old]}))
    removed = [path for path in old if _remove(path, settled.get(str(path)))]
    if removed:
        log.info("removed journals that nobody needs", journals=len(removed))
    return len(removed)


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > YOUNG
    except OSError:
        return False


def _remove(path: Path, settled: bool | None) -> bool:
    """settled: whether its epoch is; None where there is none."""
    if settled is False:
        return False
    try:
        with Estate(path) as estate:
            remains = estate.read()
            useless = settled or remains.epoch == 0 or remains.boot_id != boot_id()
            if useless:
                estate.remove()
            return useless
    except OSError:  # its worker lives, another one sweeps, or it is somebody else's
        return False
